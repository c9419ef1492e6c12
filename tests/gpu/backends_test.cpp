// The backends for device memory: every rule on small problems, an automatic choice on device
// pointers, and conv_meta's. Where there is no device each of them says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <climits>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string_view>

#include "checker/corpus.h"
#include "checker/cuda/cuda_device.h"
#include "checker/device/device.h"
#include "checker/fill.h"
#include "checker/rules/all_rules.h"
#include "checker/run_case.h"
#include "checker/unit_runner.h"
#include "checker/verify.h"
#include "fast/dispatch.h"
#include "fast/flags.h"
#include "fast/measure_candidates.h"
#include "reference/loops.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

constexpr const char* kLines[] = {
    "conv2d.forward f32 x=2x4x16x17 w=6x2x3x2 border=1,(0,2) dilation=1x2 groups=2",
    "conv2d.forward f32 x=2x20x9x8 w=130x20x3x3 border=half noflip",
    "conv2d.grad_inputs f64 x=2x4x16x17 w=6x2x3x2 groups=2 subsample=2x1 noflip",
    "conv2d.grad_inputs f16 x=2x66x9x8 w=70x66x3x3 subsample=2 border=half",
    "conv2d.grad_weights bf16 x=3x3x7x5 w=4x3x3x3 border=half layout=nhwc",
    "conv2d.grad_weights f32 x=4x6x33x34 w=9x6x3x3 border=half",
    "conv2d.forward f16 x=2x120x9x8 w=72x120x3x3 border=1 noflip",
    "conv2d.forward f16 x=1x16x7x6 w=72x16x3x3 noflip",
    "conv2d.forward bf16 x=2x24x9x8 w=24x24x3x3 border=1,(0,2) layout=nhwc",
    "conv2d.grad_inputs bf16 x=4x16x9x8 w=48x8x3x3 border=half subsample=1x2 groups=2",
    "conv3d.forward bf16 x=1x2x4x5x4 w=3x2x2x3x2 border=1,0,1",
    "conv2d.forward f32 x=2x3x6x7 w=4x4x6x3x3x2 unshared",
    "conv2d.grad_inputs f32 x=2x3x6x7 w=4x4x6x3x3x2 unshared",
    "conv1d.grad_weights f64 x=2x4x17 w=4x4x5 subsample=3 noflip",
    "conv2d.forward f32 x=2x12x8x9 w=12x1x3x3 groups=12 border=half",
    "conv2d.forward f32 x=0x3x6x7 w=4x3x3x3",
    "conv2d.grad_weights f16 x=2x0x6x7 w=4x0x3x3",
};

std::vector<BackendPtr> device_backends() {
  std::vector<BackendPtr> all;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend != nullptr && entry.memory == MemoryKind::Cuda) all.push_back(entry.backend);
  }
  return all;
}

// Calls visit with the verdict of every rule, case and backend.
void judge_all(const std::function<void(const std::string&, const Verdict&)>& visit) {
  const Subjects subjects{.backends = device_backends(), .rules = all_rules()};
  const auto runner = in_process_runner(subjects);
  std::vector<Unit> units;
  for (std::size_t backend = 0; backend < subjects.backends.size(); ++backend) {
    for (std::size_t rule = 0; rule < subjects.rules.size(); ++rule)
      units.push_back({backend, rule});
  }
  for (const char* line : kLines) {
    runner->run(read_case(line), units, [&](const UnitResult& result) {
      visit(subjects.backends[result.unit.backend]->name() + " " +
                subjects.rules[result.unit.rule].name + " " + line,
            result.verdict);
    });
  }
}

TEST(CudaBackends, HoldEveryRule) {
  use_cuda_device();
  if (device_in_use() == nullptr) GTEST_SKIP() << why_no_device();
  int passed = 0;
  judge_all([&](const std::string& what, const Verdict& verdict) {
    EXPECT_NE(verdict.outcome, Outcome::Failed) << what << ": " << verdict.reason;
    EXPECT_NE(verdict.outcome, Outcome::Broken) << what << ": " << verdict.reason;
    passed += verdict.outcome == Outcome::Passed;
  });
  EXPECT_GT(passed, 200);
}

// More than the kernels' tables hold at a time, of enough tiles that nothing is divided.
TEST(CudaBackends, LongSumsAreRight) {
  use_cuda_device();
  if (device_in_use() == nullptr) GTEST_SKIP() << why_no_device();
  const Subjects subjects{.backends = {backend_named("gpu_direct")}, .rules = all_rules()};
  std::size_t value = 0;
  while (std::string_view(subjects.rules[value].name) != "value") ++value;
  in_process_runner(subjects)->run(
      read_case("conv2d.forward f16 x=1x120x130x131 w=8x120x3x3 border=1 noflip"), {{0, value}},
      [](const UnitResult& result) {
        EXPECT_EQ(result.verdict.outcome, Outcome::Passed) << result.verdict.reason;
      });
}

TEST(CudaBackends, WhereThereIsNoDeviceEachIsSkippedWithThatReason) {
  use_cuda_device();
  if (device_in_use() != nullptr) GTEST_SKIP() << "there is one: " << device_in_use()->name();
  EXPECT_GE(device_backends().size(), 3u);
  int skipped = 0;
  judge_all([&](const std::string& what, const Verdict& verdict) {
    if (verdict.outcome == Outcome::Vacuous) return;
    EXPECT_EQ(verdict.outcome, Outcome::Skipped) << what << ": " << verdict.reason;
    EXPECT_THAT(verdict.reason, HasSubstr("no CUDA device")) << what;
    ++skipped;
  });
  EXPECT_GT(skipped, 100);
}

// The automatic choice, by rule and by measuring, with its workspaces from the device.
TEST(CudaBackends, AnAutomaticChoiceComputesOnDevicePointers) {
  use_cuda_device();
  const DevicePtr device = device_in_use();
  if (device == nullptr) GTEST_SKIP() << why_no_device();
  // What is measured is kept there, and not among what the user has.
  setenv("XDG_CACHE_HOME", testing::TempDir().c_str(), 1);
  const FlagValues before = flags().values();
  for (const char* setting :
       {"", "optimizer_including=conv_meta", "optimizer_excluding=conv_dnn",
        "dnn.conv.algo_fwd=time_on_shape_change,dnn.conv.algo_bwd_filter=guess_once"}) {
    flags().assign(before);
    flags().set(setting);
    for (const char* line : {"conv2d.forward f32 x=2x8x9x8 w=8x8x3x3 border=1",
                             "conv2d.grad_weights f32 x=4x8x19x18 w=8x8x3x3 border=1,(0,2)"}) {
      const ConvProblem problem = conv_problem(read_case(line));
      const CallTypes types = usual_types(read_case(line));
      const Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
      write_inputs(make_data(problem, types, Fill::Narrow, 3), problem.direction, {x, w, y});
      std::vector<device::Memory> memory;
      const auto there = [&](const Tensor& tensor) {
        const auto bytes = static_cast<std::size_t>(tensor.size()) * size_of(tensor.type());
        memory.emplace_back(device, bytes);
        device->copy_to_device(memory.back().data(), tensor.view().data, bytes, device->stream());
        TensorView view = tensor;
        view.data = memory.back().data();
        view.memory = MemoryKind::Cuda;
        return view;
      };
      const Operands operands{there(x), there(w), there(y)};
      run(*automatic(), problem, operands, {.stream = device->stream()});
      const TensorView& result = operands.result(problem.direction);
      const Tensor got(result.extents);
      device->copy_to_host(got.view().data, result.data,
                           static_cast<std::size_t>(got.size()) * size_of(got.type()),
                           device->stream());
      compute_by_loops(problem, {x, w, y});
      EXPECT_EQ(got.values(), Tensor::copy_of(Operands{x, w, y}.result(problem.direction)).values())
          << setting << " " << line;
    }
  }
  flags().assign(before);
}

// Another backend, but for the call after so many.
class Failing final : public Backend {
 public:
  explicit Failing(BackendPtr backend) : backend_(std::move(backend)) {}
  mutable int calls = 0, most = INT_MAX;

  std::string name() const override { return "failing"; }
  DataType accumulator(DataType type) const override { return backend_->accumulator(type); }
  Claims claims() const override { return backend_->claims(); }
  Support supports(const ConvProblem& problem, const Operands& operands) const override {
    return backend_->supports(problem, operands);
  }
  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    return backend_->workspace_bytes(problem, operands, context);
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (calls++ >= most) throw std::runtime_error("no luck");
    backend_->run(problem, operands, workspace, context);
  }

 private:
  BackendPtr backend_;
};

TEST(CudaBackends, OneThatThrowsWhileItIsTimedOnlyLoses) {
  use_cuda_device();
  const DevicePtr device = device_in_use();
  if (device == nullptr) GTEST_SKIP() << why_no_device();
  const ConvProblem problem =
      conv_problem(read_case("conv2d.forward f32 x=2x8x9x8 w=8x8x3x3 border=1"));
  const auto view = [](const Shape& shape) {
    return TensorView{nullptr, DataType::F32, shape, contiguous_strides(shape), MemoryKind::Cuda};
  };
  const Operands operands{view(problem.x_shape()), view(problem.w_shape()),
                          view(problem.y_shape())};
  const RunContext context{.stream = device->stream()};
  const BackendPtr direct = backend_named("gpu_direct");
  const auto failing = std::make_shared<Failing>(direct);
  ASSERT_EQ(verify_backend(*failing, problem, operands, context).outcome, Outcome::Passed);
  const int verified = failing->calls;
  for (const int good : {0, 2}) {
    failing->calls = 0;
    failing->most = verified + good;
    const Tuning tuning = measure_candidates({failing, direct}, problem, operands, context);
    EXPECT_EQ(tuning.chosen, "gpu_direct");
    EXPECT_EQ(tuning.timings[0].reason, "threw: no luck");
    EXPECT_EQ(failing->calls, failing->most + 1) << "and is not called again";
    EXPECT_GT(tuning.timings[1].seconds, 0);
  }
}

}  // namespace
}  // namespace convcheck
