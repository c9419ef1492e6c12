// DebugMode while the program captures a stream into a graph: what CUDA would end the capture for
// is not done. Skipped where there is no device.
#include <cuda_runtime_api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "checker/corpus.h"
#include "checker/cuda/cuda_device.h"
#include "checker/debug_mode.h"
#include "checker/device/device.h"
#include "checker/device/loops.h"
#include "checker/fill.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

class BesideCapture : public testing::Test {
 protected:
  void SetUp() override {
    use_cuda_device();
    if (device_in_use() == nullptr) GTEST_SKIP() << why_no_device();
    ASSERT_EQ(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), cudaSuccess);
  }
  void TearDown() override {
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }
  void begin() const {
    ASSERT_EQ(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeGlobal), cudaSuccess);
  }
  void expect_captured() const {
    cudaGraph_t graph = nullptr;
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaSuccess) << "the capture was lost";
    if (graph != nullptr) cudaGraphDestroy(graph);
  }

  cudaStream_t stream_ = nullptr;
};

TEST_F(BesideCapture, ChecksInAnotherStreamGoOn) {
  const DevicePtr device = device_in_use();
  const Case c = read_case("conv2d.forward f32 x=8x16x10x12 w=32x16x3x3 border=1 fill=real");
  const ConvProblem problem = conv_problem(c);
  const Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
  write_inputs(make_data(problem, usual_types(c), Fill::Real, 1), problem.direction, {x, w, y});
  std::vector<device::Memory> memory;
  const auto there = [&](const Tensor& tensor) {
    TensorView view = tensor;
    const auto bytes = static_cast<std::size_t>(view.size()) * size_of(view.type);
    memory.emplace_back(device, bytes);
    device->copy_to_device(memory.back().data(), view.data, bytes, device->stream());
    view.data = memory.back().data();
    view.memory = MemoryKind::Cuda;
    return view;
  };
  const Operands operands{there(x), there(w), there(y)};
  const auto compute = [&] {
    run(*device_loops_backend(), problem, operands, {.stream = device->stream()});
  };
  DebugSession session;
  DebugOptions options;
  options.settings.report = false;
  options.session = &session;
  options.stream = device->stream();
  check_call(problem, operands, compute, options);
  begin();
  check_call(problem, operands, compute, options);
  session.finish();
  expect_captured();
  EXPECT_EQ(session.totals().checked, 2);
  EXPECT_EQ(session.totals().violations, 0);
}

TEST_F(BesideCapture, NothingIsPutIntoTheCapturedStream) {
  const DevicePtr device = device_in_use();
  const device::Memory memory(device, 64);
  begin();
  for (const auto& call : {std::function<void()>([&] { device->allocate_in(stream_, 64); }),
                           {[&] { device->mark(stream_); }},
                           {[&] { device->synchronise(stream_); }},
                           {[&] {
                             std::byte here[64];
                             device->copy_to_host(here, memory.data(), 64, stream_);
                           }}}) {
    try {
      call();
      ADD_FAILURE() << "not refused";
    } catch (const DeviceError& error) {
      EXPECT_THAT(error.what(), HasSubstr("captured into a graph"));
      EXPECT_FALSE(error.lost());
    }
  }
  expect_captured();
}

}  // namespace
}  // namespace convcheck
