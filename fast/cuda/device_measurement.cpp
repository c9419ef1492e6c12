#include "fast/cuda/device_measurement.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdlib>
#include <deque>

#include "fast/cuda/device_memory.h"
#include "fast/cuda/errors.h"

namespace convcheck::gpu {
namespace {

class OnDevice final : public Measurement {
 public:
  OnDevice(const Operands& like, void* stream)
      : stream_(stream),
        operands_{view_like(like.x, x_), view_like(like.w, w_), view_like(like.y, y_)} {}

  const Operands& operands() const override { return operands_; }
  std::span<std::byte> workspace(std::size_t bytes) override {
    workspace_ = DeviceMemory(bytes, {});
    return {workspace_.data(), bytes};
  }
  double seconds_of(const std::function<void()>& call) override {
    const ConvProblem none;
    Moment start(none), end(none);
    start.record(stream_);
    call();
    end.record(stream_);
    return std::max(end.seconds_since(start), 1e-9);
  }

 private:
  // From the lowest to the highest element.
  static TensorView view_like(TensorView view, DeviceMemory& memory) {
    std::int64_t before = 0, after = 0;
    for (std::size_t axis = 0; axis < view.rank(); ++axis) {
      const std::int64_t reach = (view.extents[axis] - 1) * view.strides[axis];
      if (view.extents[axis] > 0) (reach < 0 ? before : after) += std::abs(reach);
    }
    const std::size_t size = size_of(view.type);
    memory = DeviceMemory(static_cast<std::size_t>(before + after + 1) * size, {});
    view.data = memory.data() + static_cast<std::size_t>(before) * size;
    return view;
  }

  void* stream_;
  DeviceMemory x_, w_, y_, workspace_;
  Operands operands_;
};

class DeviceMoments final : public Moments {
 public:
  explicit DeviceMoments(void* stream) : stream_(stream) {}

  void record() override {
    if (count_ == moments_.size()) moments_.emplace_back(none_);
    moments_[count_++].record(stream_);
  }
  std::vector<double> intervals() override {
    std::vector<double> seconds;
    for (std::size_t i = 1; i < count_; ++i) {
      seconds.push_back(moments_[i].seconds_since(moments_[i - 1]));
    }
    count_ = 0;
    return seconds;
  }

 private:
  void* stream_;
  ConvProblem none_;
  std::deque<Moment> moments_;  // kept: to make one takes time
  std::size_t count_ = 0;
};

}  // namespace

std::unique_ptr<Measurement> device_measurement(const Operands& like, void* stream) {
  return std::make_unique<OnDevice>(like, stream);
}

std::unique_ptr<Moments> device_moments(void* stream) {
  return std::make_unique<DeviceMoments>(stream);
}

double copy_bandwidth(std::size_t bytes, void* stream) {
  constexpr int kRounds = 9;
  const ConvProblem none;
  const DeviceMemory from(bytes, none), to(bytes, none);
  const auto copy = [&] {
    check_cuda(cudaMemcpyAsync(to.data(), from.data(), bytes, cudaMemcpyDeviceToDevice,
                               static_cast<cudaStream_t>(stream)),
               "cudaMemcpyAsync", none);
  };
  DeviceMoments moments(stream);
  return 2 * static_cast<double>(bytes) / median(seconds_in_turn(moments, {copy}, kRounds)[0]);
}

}  // namespace convcheck::gpu
