// The other rules fail the mistakes that they are there for, and say what they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <new>
#include <stdexcept>

#include "tests/unit/planted_backend.h"
#include "tests/unit/planted_mistake.h"

namespace convcheck {
namespace {

using ::testing::HasSubstr;

class Violation : public testing::TestWithParam<Planted> {};

TEST_P(Violation, IsFailedAndNamed) {
  const Planted& planted = GetParam();
  const Verdict verdict = judge(planted.rule, kernel(planted.name, planted.mistakes), planted.line);
  EXPECT_EQ(verdict.outcome, Outcome::Failed) << verdict.reason << verdict.note;
  EXPECT_THAT(verdict.reason, HasSubstr(planted.says));
}

Mistakes depends_on_threads() {
  Mistakes mistakes;
  mistakes.after = [](const Call& call) {
    if (call.context.threads == 3)
      call.operands.y.set({0, 0, 0, 0}, call.operands.y.at({0, 0, 0, 0}) * (1 + 1e-6));
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
  clamps.writes = [](const Finished& of) {
    return std::isinf(of.sum) ? std::copysign(3.4e38, of.sum) : of.sum;
  };
  Mistakes flushes;
  flushes.reads = [](double value) { return std::abs(value) < 1e-38 ? 0 : value; };
  Mistakes pads;
  pads.pads = [](const ConvProblem&, const TensorView&, const Product&, double other) {
    return 0 * other;
  };
  Mistakes spreads;
  spreads.claims.multiplies_padding = true;
  spreads.after = [](const Call& call) {
    Index at(call.operands.y.rank(), 0);
    bool any = false;
    do any |= !std::isfinite(call.operands.y.at(at));
    while (advance(at, call.problem.y_shape()));
    if (!any) return;
    do call.operands.y.set(at, std::nan(""));
    while (advance(at, call.problem.y_shape()));
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
  one_direction.writes = [](const Finished& of) { return of.sum; };
  one_direction.moves = [](const ConvProblem& problem, Product& at) {
    if (problem.direction == Direction::GradWeights) at.n = 0;
  };
  Mistakes affine;
  affine.writes = [](const Finished& of) { return of.sum == 0 ? 0 : std::abs(of.sum); };
  Mistakes half;
  half.writes = [](const Finished& of) { return of.sum + 0.25; };
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
  throws_alone.before = [](const Call& call) {
    if (call.context.threads == 0) throw 7;
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
  mistakes.after = [](const Call& call) {
    const TensorView& result = call.operands.result(call.problem.direction);
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
