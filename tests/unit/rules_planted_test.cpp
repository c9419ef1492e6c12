// Every rule fails the mistakes that it is there for, and says where they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <ostream>
#include <stdexcept>
#include <thread>

#include "checker/rules/all_rules.h"
#include "checker/run_case.h"
#include "tests/mutants/kernel.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using ::testing::HasSubstr;

constexpr const char* kLine = "conv2d.forward f32 x=2x3x5x4 w=4x3x3x2 border=1,0";

Verdict judge(const char* rule, const BackendPtr& backend, const char* line = kLine) {
  const Case c = parse_case(line);
  PreparedCase ready(c, call_types(c, *backend), {});
  return rule_named(rule).judge({ready, *backend, {.threads = 2}});
}

struct Planted {
  const char* name;
  const char* rule;
  Mistakes mistakes;
  const char* says;  // part of the reason
  const char* line = kLine;

  friend std::ostream& operator<<(std::ostream& out, const Planted& planted) {
    return out << planted.name;
  }
};

class Violation : public testing::TestWithParam<Planted> {};

TEST_P(Violation, IsFailedAndNamed) {
  const Planted& planted = GetParam();
  const Verdict verdict = judge(planted.rule, kernel(planted.name, planted.mistakes), planted.line);
  EXPECT_EQ(verdict.outcome, Outcome::Failed) << verdict.reason << verdict.note;
  EXPECT_THAT(verdict.reason, HasSubstr(planted.says));
}

// A mistake after the right result was written.
Mistakes after(const std::function<void(const Operands&)>& step) {
  Mistakes mistakes;
  mistakes.after = [step](const ConvProblem&, const Operands& operands, std::span<std::byte>,
                          const RunContext&) { step(operands); };
  return mistakes;
}

// The byte at `offset` from the first element; row-major operands only.
volatile std::byte* byte_at(const TensorView& view, std::int64_t offset) {
  return static_cast<std::byte*>(view.data) + offset;
}
std::int64_t bytes_of(const TensorView& view) {
  return view.size() * static_cast<std::int64_t>(size_of(view.type));
}
bool dense(const TensorView& view) { return view.contiguous(); }

std::vector<Planted> outside_of_operands() {
  return {
      {"WritesOnePastTheEnd", "bounds", after([](const Operands& operands) {
         if (dense(operands.y)) *byte_at(operands.y, bytes_of(operands.y)) = std::byte{1};
       }),
       "writes byte +0 past the end of y (480 bytes)"},
      {"WritesOneBeforeTheStart", "bounds", after([](const Operands& operands) {
         if (dense(operands.y)) *byte_at(operands.y, -1) = std::byte{1};
       }),
       "writes byte -1 before the start of y (480 bytes): expected ff, got 01"},
      {"WritesIntoAGap", "bounds", after([](const Operands& operands) {
         if (operands.y.strides[3] == 2) *byte_at(operands.y, 4) = std::byte{1};
       }),
       "layout=gaps: writes byte 4 of y, between its elements"},
      {"WritesIntoAGapOfAnInput", "bounds", after([](const Operands& operands) {
         if (operands.x.strides[3] == 2) *byte_at(operands.x, 5) = std::byte{1};
       }),
       "writes byte 5 of x, between its elements"},
      {"ReadsOneFloatPastTheEndOfTheInput", "bounds", after([](const Operands& operands) {
         if (dense(operands.x)) {
           for (std::int64_t i = 0; i < 4; ++i)
             (void)*byte_at(operands.x, bytes_of(operands.x) + i);
         }
       }),
       "reads byte +0 past the end of x (480 bytes)"},
      {"ReadsBeforeTheFilters", "bounds", after([](const Operands& operands) {
         if (dense(operands.w)) (void)*byte_at(operands.w, -4);
       }),
       "reads byte -4 before the start of w (288 bytes)"},
      {"ReadsAFarRow", "bounds", after([](const Operands& operands) {
         if (dense(operands.x)) (void)*byte_at(operands.x, bytes_of(operands.x) + 5000);
       }),
       "reads byte +5000 past the end of x"},
      {"FaultsInAWorkerThread", "bounds", after([](const Operands& operands) {
         std::thread([&] {
           if (dense(operands.y)) *byte_at(operands.y, bytes_of(operands.y) + 2) = std::byte{1};
         }).join();
       }),
       "writes byte +2 past the end of y"},
  };
}

std::vector<Planted> written_inputs() {
  return {
      {"NegativeZero", "inputs_kept", after([](const Operands& operands) {
         Index at(4, 0);
         do {
           if (operands.x.at(at) == 0) operands.x.set(at, -0.0);
         } while (advance(at, operands.x.extents));
       }),
       "of x, in x[0,0,0,1]"},
      {"Scribbled", "inputs_kept", after([](const Operands& operands) {
         operands.w.set({1, 0, 0, 0}, 77);
       }),
       "in w[1,0,0,0], byte "},
      {"ScribbledAndRestored", "inputs_kept", after([](const Operands& operands) {
         const double kept = operands.w.at({1, 0, 0, 0});
         operands.w.set({1, 0, 0, 0}, 77);
         operands.w.set({1, 0, 0, 0}, kept);
       }),
       "in w[1,0,0,0], and left it as it was"},
      {"GapOfAnInput", "inputs_kept", after([](const Operands& operands) {
         if (operands.x.strides[3] == 2) *byte_at(operands.x, 4) = std::byte{1};
       }),
       "layout=gaps: writes byte 4 of x, in a gap between elements"},
      {"OutputGradient", "inputs_kept", after([](const Operands& operands) {
         operands.y.set({0, 0, 0, 0}, operands.y.at({0, 0, 0, 0}));
       }),
       "writes byte 0 of y", "conv2d.grad_weights f64 x=2x3x5x4 w=4x3x3x2"},
  };
}

Mistakes accumulates() {
  return {.writes = [](double sum, double before) { return sum + before; }};
}

// Adds what the workspace holds.
Mistakes stale_workspace() {
  Mistakes mistakes;
  mistakes.workspace = 64;
  mistakes.after = [](const ConvProblem&, const Operands& operands, std::span<std::byte> workspace,
                      const RunContext&) {
    float stale = 0;
    std::memcpy(&stale, workspace.data(), sizeof stale);
    operands.y.set({0, 0, 0, 0}, operands.y.at({0, 0, 0, 0}) + stale);
  };
  return mistakes;
}

// Right in a fresh workspace of any contents, but the second call finds what the first left.
Mistakes remembers() {
  Mistakes mistakes;
  mistakes.workspace = 8;
  mistakes.after = [](const ConvProblem&, const Operands& operands, std::span<std::byte> workspace,
                      const RunContext&) {
    constexpr std::uint64_t kMark = 0x123456789abcdef0;
    std::uint64_t mark = 0;
    std::memcpy(&mark, workspace.data(), sizeof mark);
    if (mark == kMark) operands.y.set({0, 0, 0, 0}, 0.5);
    std::memcpy(workspace.data(), &kMark, sizeof kMark);
  };
  return mistakes;
}

Mistakes overruns_workspace(std::int64_t bytes) {
  Mistakes mistakes;
  mistakes.workspace = static_cast<std::size_t>(bytes);
  mistakes.after = [bytes](const ConvProblem&, const Operands&, std::span<std::byte> workspace,
                           const RunContext&) {
    volatile std::byte* const begin = workspace.data();
    begin[bytes] = std::byte{1};
  };
  return mistakes;
}

std::vector<Planted> stale_memory() {
  Mistakes unwritten;
  unwritten.skips = [](const ConvProblem&, const Index& at) { return at[1] == 3 && at[2] == 4; };
  Mistakes scaled;
  scaled.writes = [](double sum, double before) { return sum + 0 * before; };
  return {
      {"Accumulates", "output_unread", accumulates(),
       "over large numbers, not over NaN: y[0,0,0,0]"},
      {"NeverWritten", "output_unread", unwritten, "y[0,3,4,0]"},
      {"TimesZero", "output_unread", scaled, "over large numbers, not over NaN"},
      {"StaleWorkspace", "workspace", stale_workspace(), "in a workspace of NaNs"},
      {"RemembersTheLastCall", "workspace", remembers(),
       "in the workspace that a call left: y[0,0,0,0] is 0.5"},
      {"OverrunByOneElement", "workspace", overruns_workspace(64),
       "writes byte +0 past the end of the workspace (64 bytes)"},
      {"OverrunOfAnOddSize", "workspace", overruns_workspace(100),
       "writes byte +0 past the end of the workspace (100 bytes)"},
      {"UsesAWorkspaceThatItDidNotAnnounce", "workspace", overruns_workspace(0),
       "writes byte +0 past the end of the workspace (0 bytes)"},
      {"OverrunSeenByBounds", "bounds", overruns_workspace(64), "past the end of the workspace"},
  };
}

Mistakes depends_on_threads() {
  Mistakes mistakes;
  mistakes.after = [](const ConvProblem&, const Operands& operands, std::span<std::byte>,
                      const RunContext& context) {
    if (context.threads == 3)
      operands.y.set({0, 0, 0, 0}, operands.y.at({0, 0, 0, 0}) * (1 + 1e-6));
  };
  return mistakes;
}

Mistakes racy() {
  auto calls = std::make_shared<std::atomic<int>>(0);
  return after([calls](const Operands& operands) {
    operands.y.set({0, 1, 0, 0}, operands.y.at({0, 1, 0, 0}) + 1e-3 * ++*calls);
  });
}

// Writes as if the result were row-major.
Mistakes ignores_strides() {
  return after([](const Operands& operands) {
    Tensor right = Tensor::copy_of(operands.y);
    std::memcpy(operands.y.data, right.view().data, static_cast<std::size_t>(bytes_of(right)));
  });
}

Mistakes wrong_where(const std::function<bool(const Operands&)>& condition) {
  return after([condition](const Operands& operands) {
    if (condition(operands)) operands.y.set({0, 0, 0, 0}, 0.5);
  });
}

std::uintptr_t address_bits(const TensorView& view) {
  return reinterpret_cast<std::uintptr_t>(view.data);
}

std::vector<Planted> layouts_and_repetition() {
  return {
      {"DependsOnThreads", "repeat", depends_on_threads(), "called with 3 threads: y[0,0,0,0] is "},
      {"Racy", "repeat", racy(), "called again: y[0,1,0,0] is "},
      {"DependsOnAlignment", "layout",
       wrong_where([](const Operands& operands) { return address_bits(operands.w) % 64 == 20; }),
       "w-offset-20"},
      {"NeedsEqualAlignment", "layout", wrong_where([](const Operands& operands) {
         return address_bits(operands.x) % 16 != address_bits(operands.y) % 16;
       }),
       "offset-"},
      {"IgnoresOutputStrides", "layout",
       wrong_where([](const Operands& operands) { return !dense(operands.y); }), "layout=nhwc: "},
      {"WritesDense", "layout", ignores_strides(), "layout=nhwc: "},
      {"NegativeStepsUnsigned", "layout",
       wrong_where([](const Operands& operands) { return operands.x.strides[3] < 0; }),
       "layout=reversed: "},
      {"ColumnStrideIgnored", "layout",
       wrong_where([](const Operands& operands) { return operands.x.strides[3] == 2; }),
       "layout=gaps: "},
      {"TrustsStridesOfSingleElements", "layout",
       wrong_where([](const Operands& operands) { return operands.x.strides[0] == 7919; }),
       "layout=loose: ", "conv2d.forward f32 x=1x3x5x4 w=4x3x3x2"},
  };
}

std::vector<Planted> special_numbers() {
  Mistakes relu_of_nan;
  relu_of_nan.reads = [](double value) { return std::isnan(value) ? 0 : value; };
  Mistakes clamps;
  clamps.writes = [](double sum, double) {
    return std::isinf(sum) ? std::copysign(3.4e38, sum) : sum;
  };
  Mistakes flushes;
  flushes.reads = [](double value) { return std::abs(value) < 1e-38 ? 0 : value; };
  Mistakes pads;
  pads.pads = [](const ConvProblem&, const TensorView&, const Product&, double other) {
    return 0 * other;
  };
  Mistakes spreads;
  spreads.claims.multiplies_padding = true;
  spreads.after = [](const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
                     const RunContext&) {
    Index at(operands.y.rank(), 0);
    bool any = false;
    do any |= !std::isfinite(operands.y.at(at));
    while (advance(at, problem.y_shape()));
    if (!any) return;
    do operands.y.set(at, std::nan(""));
    while (advance(at, problem.y_shape()));
  };
  return {
      {"NanSwallowed", "finite", relu_of_nan, "with nan in "},
      {"InfinityClamped", "finite", clamps, "with inf in "},
      {"SubnormalFlushed", "finite", flushes, "with 1.401298464324817e-45 in "},
      {"PaddingTimesInfinity", "finite", pads, " is nan, not "},
      {"SpreadsBeyondItsClaim", "finite", spreads, " is nan, not "},
  };
}

std::vector<Planted> identities() {
  Mistakes one_direction;
  one_direction.writes = [](double sum, double) { return sum; };
  one_direction.moves = [](const ConvProblem& problem, Product& at) {
    if (problem.direction == Direction::GradWeights) at.n = 0;
  };
  Mistakes affine;
  affine.writes = [](double sum, double) { return sum == 0 ? 0 : std::abs(sum); };
  Mistakes half;
  half.writes = [](double sum, double) { return sum + 0.25; };
  return {
      {"OneDirectionDiffers", "adjoint", one_direction, "<grad_weights(x, y), w> = "},
      {"NotLinear", "adjoint", affine, ""},
      {"NotIntegers", "adjoint", half, "an element that no sum of these integers is"},
  };
}

std::vector<Planted> exceptions() {
  Mistakes throws;
  throws.before = [](const auto&...) { throw std::runtime_error("lost"); };
  Mistakes throws_alone;
  throws_alone.before = [](const ConvProblem&, const Operands&, std::span<std::byte>,
                           const RunContext& context) {
    if (context.threads == 0) throw 7;
  };
  Mistakes refuses_late;
  refuses_late.before = [](const auto&...) {
    throw ConvError(ErrorKind::Unsupported, "filter", "3", "5");
  };
  return {
      {"Throws", "completes", throws, "threads=2: the call threw: lost"},
      {"ThrowsWithoutAThreadCount", "completes", throws_alone, "threads=0: the call threw"},
      {"RefusesInRun", "contract", refuses_late,
       "run() refuses what supports() accepts: filter = 3"},
  };
}

std::string name_of(const testing::TestParamInfo<Planted>& one) { return one.param.name; }

INSTANTIATE_TEST_SUITE_P(Outside, Violation, testing::ValuesIn(outside_of_operands()), name_of);
INSTANTIATE_TEST_SUITE_P(Inputs, Violation, testing::ValuesIn(written_inputs()), name_of);
INSTANTIATE_TEST_SUITE_P(Stale, Violation, testing::ValuesIn(stale_memory()), name_of);
INSTANTIATE_TEST_SUITE_P(Calls, Violation, testing::ValuesIn(layouts_and_repetition()), name_of);
INSTANTIATE_TEST_SUITE_P(Special, Violation, testing::ValuesIn(special_numbers()), name_of);
INSTANTIATE_TEST_SUITE_P(Identities, Violation, testing::ValuesIn(identities()), name_of);
INSTANTIATE_TEST_SUITE_P(Exceptions, Violation, testing::ValuesIn(exceptions()), name_of);

TEST(Completes, MissingMemoryIsBroken) {
  Mistakes mistakes;
  mistakes.before = [](const auto&...) { throw std::bad_alloc(); };
  EXPECT_EQ(judge("completes", kernel("hungry", mistakes)).outcome, Outcome::Broken);
}

TEST(Finite, PaddingMayBeMultipliedWhereThatIsClaimed) {
  Mistakes pads;
  pads.claims.multiplies_padding = true;
  pads.pads = [](const ConvProblem&, const TensorView&, const Product&, double other) {
    return 0 * other;
  };
  int noted = 0;
  for (const char* line :
       {kLine, "conv2d.forward f32 x=2x3x5x4 w=4x3x3x2 border=1,0 seed=2",
        "conv2d.grad_weights f32 x=2x3x5x4 w=4x3x3x2 border=1,(2,0) subsample=2",
        "conv2d.grad_weights f32 x=2x2x5x4 w=4x1x3x2 border=1 groups=2 noflip seed=2",
        "conv1d.forward f32 x=1x2x4 w=2x4x2x3 border=1 unshared"}) {
    const Verdict verdict = judge("finite", kernel("pads", pads), line);
    EXPECT_EQ(verdict.outcome, Outcome::Passed) << line << "\n" << verdict.reason;
    noted += verdict.note.empty() ? 0 : 1;
  }
  EXPECT_GT(noted, 2);
}

// A plane of NaNs for every element that is not finite, as an FFT gives it.
Mistakes spreads_over_planes() {
  Mistakes mistakes;
  mistakes.claims.algorithm = Claims::Algorithm::Transform;
  mistakes.claims.amplification = 1;
  mistakes.after = [](const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
                      const RunContext&) {
    const TensorView& result = operands.result(problem.direction);
    const Tensor kept = Tensor::copy_of(result);
    Index at(result.rank(), 0), other(result.rank(), 0);
    do {
      if (std::isfinite(kept.at(at))) continue;
      do {
        if (other[0] == at[0] && other[1] == at[1]) result.set(other, std::nan(""));
      } while (advance(other, result.extents));
    } while (advance(at, result.extents));
  };
  return mistakes;
}

TEST(Finite, ATransformMaySpoilItsPlane) {
  for (const char* part : {"forward", "grad_inputs", "grad_weights"}) {
    for (const char* seed : {"1", "2"}) {
      const std::string line =
          std::string("conv2d.") + part + " f32 x=2x4x5x4 w=6x2x3x2 groups=2 seed=" + seed;
      const Verdict verdict = judge("finite", kernel("fft", spreads_over_planes()), line.c_str());
      EXPECT_EQ(verdict.outcome, Outcome::Passed) << line << "\n" << verdict.reason;
      EXPECT_NE(verdict.note, "") << line;
    }
  }
}

// Says different things.
class Fickle final : public Backend {
 public:
  using Answer = std::function<Support(const Operands&, int asked)>;
  explicit Fickle(Answer answer) : answer_(std::move(answer)) {}

  std::string name() const override { return "fickle"; }
  DataType accumulator(DataType) const override { return DataType::F64; }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem&, const Operands& operands) const override {
    return answer_(operands, asked_++);
  }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
           const RunContext&) const override {
    // Takes every operand for f32, as a kernel does that never asked.
    compute_right(problem, operands);
    if (operands.y.type == DataType::F64) operands.y.set(Index(operands.y.rank(), 0), 0.5);
  }

 private:
  Answer answer_;
  mutable int asked_ = 0;
};

Verdict contract_of(const Fickle::Answer& answer) {
  return judge("contract", std::make_shared<Fickle>(answer));
}

TEST(Contract, FailsAnswersThatCannotBeReliedOn) {
  const auto f32_only = [](const Operands& operands) {
    return operands.y.type == DataType::F32 ? Support::yes() : Support::no("needs f32");
  };
  EXPECT_EQ(contract_of([&](const Operands& operands, int) { return f32_only(operands); }).outcome,
            Outcome::Passed);
  EXPECT_THAT(contract_of([](const Operands&, int) { return Support::no(""); }).reason,
              HasSubstr("a refusal without a reason"));
  EXPECT_THAT(contract_of([](const Operands&, int asked) {
                return asked % 2 == 0 ? Support::yes() : Support::no("odd");
              }).reason,
              HasSubstr("asked again it says no: odd, before: yes"));
  EXPECT_THAT(contract_of([](const Operands& operands, int) {
                return operands.x.data != nullptr ? Support::yes() : Support::no("null");
              }).reason,
              HasSubstr("asked without data it says no: null"));
  EXPECT_THAT(contract_of([](const Operands& operands, int) -> Support {
                if (operands.x.memory == MemoryKind::Cuda) throw std::runtime_error("no device");
                return Support::yes();
              }).reason,
              HasSubstr("device memory: asked whether it does the problem, it threw: no device"));
  EXPECT_THAT(contract_of([](const Operands&, int) { return Support::yes(); }).reason,
              HasSubstr("types f32,f32,f64: the result is not the definition's"));
}

}  // namespace
}  // namespace convcheck
