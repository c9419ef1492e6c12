#include "fast/cuda/device_measurement.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <thread>

#include "fast/cuda/device_memory.h"
#include "fast/cuda/errors.h"

namespace convcheck::gpu {
namespace {

// What it takes the host to start a call, and the longest pause for that, in microseconds.
constexpr std::uintptr_t kStart = 20, kLongest = 20000;

class DeviceMoments final : public Moments {
 public:
  explicit DeviceMoments(void* stream) : stream_(stream) {}

  void record() override {
    if (count_ == moments_.size()) moments_.emplace_back(none_);
    moments_[count_++].record(stream_);
  }
  // Not a kernel, whose time would depend on the device.
  void pause(std::size_t calls) override {
    const auto sleep = [](void* microseconds) {
      std::this_thread::sleep_for(
          std::chrono::microseconds(reinterpret_cast<std::uintptr_t>(microseconds)));
    };
    const std::uintptr_t microseconds = std::min(calls * kStart, kLongest);
    check_cuda(cudaLaunchHostFunc(static_cast<cudaStream_t>(stream_), sleep,
                                  reinterpret_cast<void*>(microseconds)),
               "cudaLaunchHostFunc", none_);
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

class OnDevice final : public Measurement {
 public:
  OnDevice(const Operands& like, void* stream)
      : operands_{view_like(like.x, x_), view_like(like.w, w_), view_like(like.y, y_)},
        moments_(stream) {}

  const Operands& operands() const override { return operands_; }
  std::span<std::byte> workspace(std::size_t bytes) override {
    workspace_ = DeviceMemory(bytes, {});
    return {workspace_.data(), bytes};
  }
  Moments& moments() override { return moments_; }

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

  DeviceMemory x_, w_, y_, workspace_;
  Operands operands_;
  DeviceMoments moments_;
};

}  // namespace

std::unique_ptr<Measurement> device_measurement(const Operands& like, void* stream) {
  return std::make_unique<OnDevice>(like, stream);
}

std::unique_ptr<Moments> device_moments(void* stream) {
  return std::make_unique<DeviceMoments>(stream);
}

void copy_there(void* to, const void* from, std::size_t bytes, void* stream) {
  check_cuda(
      cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, static_cast<cudaStream_t>(stream)),
      "cudaMemcpyAsync", {});
}

double copy_bandwidth(std::size_t bytes, void* stream) {
  constexpr int kRounds = 9;
  const ConvProblem none;
  const DeviceMemory from(bytes, none), to(bytes, none);
  const auto copy = [&] { copy_there(to.data(), from.data(), bytes, stream); };
  DeviceMoments moments(stream);
  return 2 * static_cast<double>(bytes) / median(seconds_in_turn(moments, {copy}, kRounds)[0]);
}

}  // namespace convcheck::gpu
