// The checker's CUDA device: its memory, its kernels beside the same works on the host, every rule
// on the definition's loops, and DebugMode on device pointers. Skipped where there is no device.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/corpus.h"
#include "checker/cuda/cuda_device.h"
#include "checker/debug_mode.h"
#include "checker/device/loops.h"
#include "checker/device/planes.h"
#include "checker/device/samples.h"
#include "checker/fill.h"
#include "checker/projection/exact_projection.h"
#include "checker/rules/all_rules.h"
#include "checker/run_case.h"
#include "checker/unit_runner.h"
#include "reference/loops.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

class OnCuda : public testing::Test {
 protected:
  void SetUp() override {
    use_cuda_device();
    device_ = device_in_use();
    if (device_ == nullptr) GTEST_SKIP() << why_no_device();
    stream_ = device_->stream();
  }

  // A copy of a row-major tensor on the device.
  TensorView there(const Tensor& tensor) {
    const auto bytes = static_cast<std::size_t>(tensor.size()) * size_of(tensor.type());
    memory_.emplace_back(device_, bytes);
    device_->copy_to_device(memory_.back().data(), tensor.view().data, bytes, stream_);
    TensorView view = tensor;
    view.data = memory_.back().data();
    view.memory = MemoryKind::Cuda;
    return view;
  }
  Tensor here(const TensorView& view) const {
    Tensor tensor(view.extents, view.type);
    device_->copy_to_host(tensor.view().data, view.data,
                          static_cast<std::size_t>(view.size()) * size_of(view.type), stream_);
    return tensor;
  }

  DevicePtr device_;
  void* stream_ = nullptr;
  std::vector<device::Memory> memory_;
};

constexpr const char* kLines[] = {
    "conv2d.forward f32 x=2x4x16x17 w=6x2x3x2 border=1,(0,2) dilation=1x2 groups=2",
    "conv2d.grad_inputs f64 x=2x4x16x17 w=6x2x3x2 groups=2 subsample=2x1 noflip",
    "conv2d.grad_weights f16 x=3x3x7x5 w=4x3x3x3 border=half",
    "conv3d.forward bf16 x=1x2x4x5x4 w=3x2x2x3x2 border=1,0,1",
    "conv2d.forward f32 x=2x3x6x7 w=4x4x6x3x3x2 unshared",
};

// The operands of a case, row-major.
struct Filled {
  Case c;
  ConvProblem problem;
  CallTypes types;
  Data data;
  Tensor x, w, y;

  explicit Filled(const char* line, Fill fill = Fill::Narrow)
      : c(read_case(line)),
        problem(conv_problem(c)),
        types(usual_types(c)),
        data(make_data(problem, types, fill, 3)),
        x(problem.x_shape(), types.x),
        w(problem.w_shape(), types.w),
        y(problem.y_shape(), types.y) {
    write_inputs(data, problem.direction, {x, w, y});
  }
  Operands operands() const { return {x, w, y}; }
};

TEST_F(OnCuda, MemoryIsCopiedFilledAndSearched) {
  constexpr std::size_t kCount = 100003;
  const device::Memory memory(device_, kCount);
  device_->fill_bytes(memory.data(), std::byte{0xff}, kCount, stream_);
  EXPECT_EQ(device::first_other(*device_, memory.data(), kCount, std::byte{0xff}, stream_), kCount);
  const std::byte other{3};
  for (const std::size_t at : {kCount - 1, std::size_t{50000}, std::size_t{0}}) {
    device_->copy_to_device(memory.data() + at, &other, 1, stream_);
    EXPECT_EQ(device::first_other(*device_, memory.data(), kCount, std::byte{0xff}, stream_), at);
  }
  const auto arrival = device_->send_to_host(memory.data(), kCount, stream_);
  EXPECT_EQ(arrival->wait()[50000], other);
  EXPECT_TRUE(arrival->here());
}

TEST_F(OnCuda, FillsHaveTheHostsBits) {
  for (const Fill fill : kAllFills) {
    for (const char* line : kLines) {
      const Filled of(line, fill);
      const Tensor& tensor = of.problem.direction == Direction::GradInputs ? of.y : of.x;
      const OperandFill& values =
          of.problem.direction == Direction::GradInputs ? of.data.y : of.data.x;
      const TensorView view = there(Tensor(tensor.shape(), tensor.type()));
      device_->launch(device::FillWork{values, device::view_of(view)}, view.size(), stream_);
      const Tensor got = here(view);
      EXPECT_EQ(std::memcmp(got.view().data, tensor.view().data,
                            static_cast<std::size_t>(got.size()) * size_of(got.type())),
                0)
          << to_string(fill) << " " << line;
    }
  }
}

TEST_F(OnCuda, SumsAreTheDefinitions) {
  for (const Fill fill : {Fill::Narrow, Fill::Wide, Fill::Real}) {
    for (const char* line : kLines) {
      const Filled of(line, fill);
      const Operands moved{there(of.x), there(of.w), there(of.y)};
      device_->launch(device::sum_work(of.problem, moved),
                      of.operands().result(of.problem.direction).size(), stream_);
      compute_by_loops(of.problem, of.operands());
      const Tensor got = here(moved.result(of.problem.direction));
      EXPECT_EQ(got.values(), Tensor::copy_of(of.operands().result(of.problem.direction)).values())
          << to_string(fill) << " " << line;
    }
  }
}

// What the result holds is read before the program goes on.
TEST_F(OnCuda, SampledSumsAreTheDefinitions) {
  for (const char* line : kLines) {
    const Filled of(line, Fill::Real);
    const Operands moved{there(of.x), there(of.w), there(of.y)};
    const TensorView& result = moved.result(of.problem.direction);
    device_->launch(device::sum_work(of.problem, moved), result.size(), stream_);
    const Tensor got = here(result);
    Index last = result.extents;
    for (std::int64_t& at : last) --at;
    const std::vector<Index> chosen{last, Index(last.size(), 0)};
    const device::Samples samples(*device_, of.problem, moved, chosen, stream_);
    device_->fill_bytes(result.data, std::byte{0x11}, size_of(result.type), stream_);
    for (const device::SampledElement& one : samples.elements()) {
      const Sum expected = result_at(of.problem, of.operands(), one.at);
      EXPECT_NEAR(one.sum.value, expected.value, 0x1p-52 * expected.magnitude) << line;
      EXPECT_NEAR(one.sum.magnitude, expected.magnitude, 0x1p-40 * expected.magnitude) << line;
      EXPECT_EQ(one.sum.terms, expected.terms) << line;
      EXPECT_EQ(one.got, got.at(one.at)) << line;
    }
  }
}

TEST_F(OnCuda, TheExactProjectionDecides) {
  for (const char* line : kLines) {
    const Filled of(line);
    compute_by_loops(of.problem, of.operands());
    const ExactProjection projection(of.problem, of.operands(), of.data.largest, 1);
    Tensor result = Tensor::copy_of(of.operands().result(of.problem.direction));
    EXPECT_EQ(projection.check(there(result)).matches(), projection.check(result).matches())
        << line;
    Index last = result.shape();
    for (std::int64_t& at : last) --at;
    result.set(last, result.at(last) + 1);
    EXPECT_FALSE(projection.check(there(result)).matches()) << line;
    result.set(last, 0.25);
    EXPECT_FALSE(projection.check(there(result)).representable) << line;
  }
}

TEST_F(OnCuda, TheDefinitionsLoopsPassEveryRule) {
  const Subjects subjects{.backends = {device_loops_backend()}, .rules = all_rules()};
  const auto runner = in_process_runner(subjects);
  std::vector<Unit> units;
  for (std::size_t rule = 0; rule < subjects.rules.size(); ++rule) units.push_back({0, rule});
  for (const char* line : kLines) {
    runner->run(read_case(line), units, [&](const UnitResult& result) {
      EXPECT_TRUE(result.verdict.outcome == Outcome::Passed ||
                  result.verdict.outcome == Outcome::Vacuous)
          << line << " " << subjects.rules[result.unit.rule].name << ": " << result.verdict.reason;
    });
  }
}

TEST_F(OnCuda, DebugModeSeesAWrongElementAndLeavesARightCallAlone) {
  for (const Direction direction : kAllDirections) {
    Filled of("conv2d.forward f32 x=8x16x10x12 w=32x16x3x3 border=1", Fill::Real);
    of.problem.direction = direction;
    of.data = make_data(of.problem, of.types, Fill::Real, 3);
    write_inputs(of.data, direction, of.operands());
    const Operands moved{there(of.x), there(of.w), there(of.y)};
    const TensorView& result = moved.result(direction);
    DebugSession session;
    DebugOptions options;
    options.settings.report = false;
    options.settings.action = DebugAction::Callback;
    options.session = &session;
    options.stream = stream_;
    std::vector<DebugViolation> told;
    options.callback = [&](const DebugViolation& one) { told.push_back(one); };
    const auto compute = [&] {
      device_->launch(device::sum_work(of.problem, moved), result.size(), stream_);
    };
    EXPECT_TRUE(check_call(of.problem, moved, compute, options).deferred);
    session.finish();
    EXPECT_EQ(session.totals().checked, 1);
    EXPECT_GT(session.totals().by_definition, 0);
    EXPECT_TRUE(told.empty());
    check_call(
        of.problem, moved,
        [&] {
          compute();
          const float wrong = 1e4f;
          device_->copy_to_device(static_cast<float*>(result.data) + 77, &wrong, sizeof wrong,
                                  stream_);
        },
        options);
    session.finish();
    ASSERT_EQ(told.size(), 1u);
    ASSERT_TRUE(told[0].verdict.worst);
    EXPECT_EQ(result.offset(told[0].verdict.worst->at), 77);
  }
}

TEST_F(OnCuda, AnErrorNamesTheCallAndTheDevice) {
  try {
    device_->allocate(std::size_t{1} << 60);
    FAIL() << "2^60 bytes were had";
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cudaMalloc: "));
    EXPECT_THAT(error.what(), HasSubstr(device_->name()));
    EXPECT_FALSE(error.lost());
  }
  const device::Memory memory(device_, 16);  // and the next call succeeds
}

TEST(CudaDevice, WhereThereIsNoneThatIsSaid) {
  use_cuda_device();
  if (device_in_use() != nullptr) GTEST_SKIP() << "there is one: " << device_in_use()->name();
  EXPECT_THAT(why_no_device(), testing::StartsWith("no CUDA device"));
}

}  // namespace
}  // namespace convcheck
