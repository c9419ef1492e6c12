#include "checker/run_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <new>

#include "checker/explain.h"
#include "checker/rules/finite.h"
#include "checker/rules/value.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Verdict judge(const Case& c, const PlantedBackend::Run& run, const SampleLimits& limits = {}) {
  const BackendPtr backend = planted(run);
  PreparedCase ready(c, call_types(c, *backend), limits);
  return value_rule().judge({ready, *backend, {}});
}

Verdict judge_right(const Case& c) { return judge(c, compute_right); }

// Right, but for one element of the result.
PlantedBackend::Run wrong_at(const Index& at, double value) {
  return [=](const ConvProblem& problem, const Operands& operands) {
    compute_right(problem, operands);
    operands.result(problem.direction).set(at, value);
  };
}

const Case kSmall = conv_case({2, 3, 5, 4}, {4, 3, 3, 2}, BorderMode{1, 0});

TEST(RunCase, PassesTheDefinitionInEveryDirectionTypeAndLayout) {
  for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
    for (const DataType type : kAllDataTypes) {
      for (const char* layout : {"", "nhwc"}) {
        Case c = kSmall;
        c.part = part;
        c.x_type = c.w_type = c.y_type = type;
        c.layout = layout;
        EXPECT_EQ(judge_right(c).outcome, Outcome::Passed) << to_string(c);
      }
    }
  }
}

TEST(RunCase, FailsOneWrongElementWhereverItIs) {
  const Shape shape = conv_problem(kSmall).result_shape();
  Index at(shape.size(), 0);
  do {
    const Verdict verdict = judge(kSmall, wrong_at(at, 0.5));
    ASSERT_EQ(verdict.outcome, Outcome::Failed);
    EXPECT_EQ(verdict.worst->at, at);
    EXPECT_EQ(verdict.worst->got, 0.5);
    EXPECT_EQ(verdict.worst->wrong, 1);
    EXPECT_EQ(verdict.worst->judged, 2 * 4 * 5 * 3);
  } while (advance(at, shape));
}

TEST(RunCase, FailsADifferenceOfOneAndNan) {
  const double right = PreparedCase(kSmall, {}, {}).expectation().elements[0].sum.value;
  EXPECT_EQ(judge(kSmall, wrong_at({0, 0, 0, 0}, right)).outcome, Outcome::Passed);
  EXPECT_EQ(judge(kSmall, wrong_at({0, 0, 0, 0}, right + 1)).outcome, Outcome::Failed);
  EXPECT_EQ(judge(kSmall, wrong_at({0, 0, 0, 0}, std::nan(""))).outcome, Outcome::Failed);
}

TEST(RunCase, AcceptsNegativeZeroForZero) {
  Case c = conv_case({1, 0, 3}, {2, 0, 2});  // no channels: every sum is empty
  const auto negative_zeros = [](const ConvProblem&, const Operands& operands) {
    for (std::int64_t i = 0; i < 4; ++i) operands.y.set({0, i / 2, i % 2}, -0.0);
  };
  EXPECT_EQ(judge(c, negative_zeros).outcome, Outcome::Passed);
  EXPECT_EQ(judge(c, [](const ConvProblem&, const Operands&) {}).outcome, Outcome::Failed);
}

TEST(RunCase, SaysThatNothingWasWritten) {
  const Verdict verdict = judge(kSmall, [](const ConvProblem&, const Operands&) {});
  ASSERT_EQ(verdict.outcome, Outcome::Failed);
  EXPECT_EQ(verdict.worst->wrong, verdict.worst->judged);
  EXPECT_THAT(verdict.worst->pattern, HasSubstr("as the buffer was before the call"));
}

constexpr SampleLimits kFew{.taps = 1000, .elements = 40, .least = 8};

TEST(RunCase, SeesAnUnwrittenOrImpossibleElementOutsideTheSample) {
  const Case c = conv_case({2, 4, 30, 30}, {8, 4, 3, 3});
  PreparedCase ready(c, {}, kFew);
  ASSERT_FALSE(ready.expectation().all);
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 0.5, 1e9}) {
    for (const Index& at : {Index{0, 3, 11, 17}, Index{1, 6, 22, 5}}) {
      const Verdict verdict = judge(c, wrong_at(at, bad), kFew);
      ASSERT_EQ(verdict.outcome, Outcome::Failed) << bad;
      EXPECT_EQ(verdict.worst->at, at);
    }
  }
  EXPECT_EQ(judge(c, compute_right, kFew).outcome, Outcome::Passed);
}

TEST(RunCase, SeesNanAndInfinityOutsideTheSampleOfRealAndOfRoundedResults) {
  const auto with = [](double value) {
    return [value](const ConvProblem& problem, const Operands& operands) {
      compute_right(problem, operands);
      operands.y.set({1, 6, 22, 5}, value);
    };
  };
  Case real = conv_case({2, 4, 30, 30}, {8, 4, 3, 3});
  real.fill = "real";
  CallTypes tf32;
  tf32.input_bits = 11;  // and so sampled
  Case half = conv_case({2, 40, 30, 30}, {8, 40, 3, 3});
  half.y_type = DataType::F16;
  half.fill = "wide";
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 1e30}) {
    const BackendPtr backend = planted(with(bad));
    PreparedCase one(real, tf32, kFew);
    ASSERT_FALSE(one.expectation().all);
    EXPECT_EQ(value_rule().judge({one, *backend, {}}).outcome, Outcome::Failed) << bad;
    EXPECT_EQ(judge(half, with(bad), kFew).outcome, Outcome::Failed) << bad;
  }
  EXPECT_NE(judge(half, compute_right, kFew).outcome, Outcome::Failed);
}

TEST(RunCase, AnEmptyResultIsVacuous) {
  EXPECT_EQ(judge_right(conv_case({0, 1, 3}, {1, 1, 2})).outcome, Outcome::Vacuous);
  Case c = conv_case({0, 1, 3}, {1, 1, 2});
  c.part = Part::GradWeights;  // not empty: a sum over no images is zero
  EXPECT_EQ(judge_right(c).outcome, Outcome::Passed);
}

TEST(RunCase, ARefusalIsSkippedWithItsReason) {
  PreparedCase ready(kSmall, {}, {});
  const PlantedBackend refuses(compute_right, "refuses", Support::no("filter extent 3, needs 5"));
  const Verdict verdict = value_rule().judge({ready, refuses, {}});
  EXPECT_EQ(verdict.outcome, Outcome::Skipped);
  EXPECT_EQ(verdict.reason, "filter extent 3, needs 5");
}

TEST(RunCase, AnExceptionIsFailedAndMissingMemoryIsBroken) {
  const auto throws = [](auto error) {
    return [error](const ConvProblem&, const Operands&) { throw error; };
  };
  const Verdict failed = judge(kSmall, throws(std::runtime_error("lost")));
  EXPECT_EQ(failed.outcome, Outcome::Failed);
  EXPECT_THAT(failed.reason, HasSubstr("lost"));
  EXPECT_EQ(judge(kSmall, throws(7)).outcome, Outcome::Failed);
  EXPECT_EQ(judge(kSmall, throws(std::bad_alloc())).outcome, Outcome::Broken);
  EXPECT_EQ(judge(kSmall, throws(ConvError(ErrorKind::Unsupported, "a", "b", "c"))).outcome,
            Outcome::Skipped);
  EXPECT_EQ(judge(kSmall, throws(ConvError(ErrorKind::Rank, "a", "b", "c"))).outcome,
            Outcome::Failed);
}

TEST(RunCase, RefusesFillsAndLayoutsThatItDoesNotHave) {
  Case c = kSmall;
  c.fill = "broad";
  EXPECT_THROW(PreparedCase(c, {}, {}), ConvError);
  c = kSmall;
  c.layout = "chwn";
  EXPECT_THROW(PreparedCase(c, {}, {}), ConvError);
}

TEST(ValueRule, AFillThatIsNotExactIsBrokenNotPassed) {
  Tensor x({1, 1, 1}, {1 << 13}), w({1, 1, 1}, {1 << 13}), y({1, 1, 1}, {1 << 26});
  const ConvProblem problem{.rank = 1};
  const Operands operands{x, w, y};
  const Expectation expectation{{{{0, 0, 0}, forward_at(problem, x, w, {0, 0, 0})}}, true};
  Data data;
  data.exact_up_to = 0x1p24;
  data.largest = 0x1p26;
  EXPECT_EQ(judge_value({problem, operands, data, {}, expectation}).outcome, Outcome::Broken);
}

TEST(Pattern, NamesTheLastColumn) {
  const Case c = conv_case({1, 2, 4, 6}, {3, 2, 2, 2}, BorderMode{{0, 0}, {0, 1}});
  const Verdict verdict = judge(c, [](const ConvProblem& problem, const Operands& operands) {
    compute_right(problem, operands);
    for (std::int64_t k = 0; k < 3; ++k) {
      for (std::int64_t o = 0; o < 3; ++o) operands.y.set({0, k, o, 5}, 0.5);
    }
  });
  ASSERT_TRUE(verdict.worst);
  EXPECT_THAT(verdict.worst->pattern, HasSubstr("every error is in the last output column"));
  EXPECT_THAT(verdict.worst->pattern, HasSubstr("cut by a border"));
}

TEST(Pattern, NamesAResidueOfChannelsAndOneBatchItem) {
  const Case c = conv_case({3, 2, 5}, {12, 2, 2});
  const auto break_if = [&](const auto& condition) {
    return judge(c, [&](const ConvProblem& problem, const Operands& operands) {
      compute_right(problem, operands);
      Index at(3, 0);
      do {
        if (condition(at)) operands.y.set(at, 0.5);
      } while (advance(at, problem.y_shape()));
    });
  };
  EXPECT_THAT(break_if([](const Index& at) { return at[1] % 4 == 3; }).worst->pattern,
              HasSubstr("every error has output channel = 3 mod 4"));
  EXPECT_THAT(break_if([](const Index& at) { return at[0] == 1; }).worst->pattern,
              HasSubstr("every error is in batch item 1"));
}

TEST(Pattern, NamesTheDirectionOfTheDifference) {
  const Case c = conv_case({2, 2, 4, 6}, {8, 2, 2, 2});
  const auto with = [&](const std::function<double(double)>& change) {
    return judge(c,
                 [&](const ConvProblem& problem, const Operands& operands) {
                   compute_right(problem, operands);
                   Index at(4, 0);
                   do {
                     if (at[0] == 1) operands.y.set(at, change(operands.y.at(at)));
                   } while (advance(at, problem.y_shape()));
                 })
        .worst->pattern;
  };
  EXPECT_THAT(with([](double) { return 0; }), HasSubstr("every wrong element is 0"));
  EXPECT_THAT(with([](double y) { return -y; }), HasSubstr("has the other sign"));
  EXPECT_THAT(with([](double y) { return 2 * y; }), HasSubstr("too large in magnitude"));
  EXPECT_THAT(with([](double y) { return y < 0 ? y + 1 : y - 1; }), HasSubstr("too small"));
}

TEST(Explain, NamesCaseElementNumbersTapsAndTheCommand) {
  Case c = conv_case({1, 1, 1, 3}, {1, 1, 1, 2}, BorderMode{0, {0, 1}});
  const Verdict verdict = judge(c, wrong_at({0, 0, 0, 2}, 0));
  ASSERT_EQ(verdict.outcome, Outcome::Failed);
  const std::string text = explain({c, "mine", "value", verdict});
  EXPECT_THAT(text, HasSubstr("FAILED  value  mine  " + to_string(c)));
  EXPECT_THAT(text, HasSubstr("at       y[n=0, k=0, o=(0,2)]   expected "));
  EXPECT_THAT(text, HasSubstr("taps     x[0,0,0,2] * w[0,0,0,1] = "));
  EXPECT_THAT(text, HasSubstr("; 1 is padding"));
  EXPECT_THAT(text, HasSubstr("wrong    1 of 3 judged elements"));
  EXPECT_THAT(text, HasSubstr("reproduce  convcheck run '" + to_string(c) + "' --backend mine"));
}

TEST(Explain, SaysNothingOfAnErrorAndOfProductsThatARuleHasNotLookedAt) {
  const Case c = conv_case({1, 1, 2, 2}, {1, 1, 2, 2});
  const BackendPtr hides_nan = planted([](const ConvProblem& problem, const Operands& operands) {
    compute_right(problem, operands);
    if (std::isnan(operands.y.at({0, 0, 0, 0}))) operands.y.set({0, 0, 0, 0}, 1);
  });
  PreparedCase ready(c, call_types(c, *hides_nan), {});
  const Verdict verdict = finite_rule().judge({ready, *hides_nan, {}});
  ASSERT_EQ(verdict.outcome, Outcome::Failed);
  EXPECT_THAT(
      explain({c, "mine", "finite", verdict}),
      AllOf(HasSubstr("at       y[n=0, k=0, o=(0,0)]   expected nan   got 1"),
            HasSubstr("wrong    1 of 1"), Not(HasSubstr("  error ")), Not(HasSubstr("  taps "))));
}

}  // namespace
}  // namespace convcheck
