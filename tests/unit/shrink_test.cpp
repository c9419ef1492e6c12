#include "checker/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "checker/grids.h"
#include "checker/random_problem.h"
#include "reference/flops.h"

namespace convcheck {
namespace {

// Everything that may not grow, in one list.
std::vector<std::int64_t> parameters(const ConvProblem& problem) {
  std::vector<std::int64_t> all{static_cast<std::int64_t>(problem.rank),
                                problem.batch,
                                problem.groups,
                                problem.group_channels(),
                                problem.group_filters(),
                                problem.unshared};
  for (const Window& window : problem.axes()) {
    for (const std::int64_t one : {window.input, window.filter, window.stride, window.dilation,
                                   window.pad_before, window.pad_after}) {
      all.push_back(one);
    }
  }
  return all;
}

TEST(SmallerProblems, AreLegalAndLessInOneParameterAndMoreInNone) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const ConvProblem problem = random_problem(seed);
    validate(problem);
    for (const ConvProblem& smaller : smaller_problems(problem)) {
      validate(smaller);
      EXPECT_EQ(smaller.direction, problem.direction);
      if (smaller.rank < problem.rank) continue;
      const auto before = parameters(problem), after = parameters(smaller);
      int less = 0;
      for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_LE(after[i], before[i]);
        less += after[i] < before[i];
      }
      EXPECT_GE(less, 1);
    }
  }
}

TEST(SmallerProblems, OfTheSmallestAreNone) { EXPECT_TRUE(smaller_problems({.rank = 1}).empty()); }

TEST(SmallerCases, KeepTypesAndSeedAndLoseTheName) {
  const Case c = parse_case(
      "conv2d.grad_inputs types=f16,bf16,f32 acc=f32 x=2x4x8x9 w=6x2x3x2 border=1,(0,2) groups=2 "
      "noflip layout=nhwc seed=5 name=net:layer");
  const std::vector<Case> cases = smaller_cases(c);
  ASSERT_GT(cases.size(), 20u);
  for (const Case& one : cases) {
    EXPECT_EQ(parse_case(to_string(one)), one) << to_string(one);
    EXPECT_EQ(one.part, Part::GradInputs);
    EXPECT_EQ(one.w_type, DataType::BF16);
    EXPECT_EQ(one.accumulator, DataType::F32);
    EXPECT_FALSE(one.flip);
    EXPECT_EQ(one.name, "");
  }
}

TEST(Shrink, EndsAtTheSmallestCaseThatFails) {
  const auto fails = [](const Case& c) {
    const ConvProblem problem = conv_problem(c);
    return problem.group_channels() >= 3 && problem.windows[problem.rank - 1].stride >= 2;
  };
  const Case c = parse_case(
      "conv3d.forward f32 x=4x24x9x9x9 w=8x6x3x3x3 border=1 subsample=2x2x3 groups=4 fill=wide");
  const Case smallest = shrink(c, fails);
  EXPECT_EQ(to_string(smallest), "conv1d.forward f32 x=1x3x1 w=1x3x1 subsample=2 fill=impulse");
}

TEST(Shrink, AsksForNoMoreCasesThanAllowed) {
  int asked = 0;
  const auto fails = [&](const Case&) { return ++asked > 0; };
  const Case c = parse_case("conv3d.forward f32 x=9x9x9x9x9 w=9x9x3x3x3");
  shrink(c, fails, {.tries = 3, .seconds = 100});
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(shrink(c, fails, {.tries = 100, .seconds = 0}), c);
}

TEST(Shrink, TurnsATransposedConvolutionIntoTheConvolutionItIs) {
  const Case c = parse_case(
      "conv2d_transpose.forward types=f32,f32,f64 x=2x2x4x4 w=2x1x4x4 y=2x1x10x10 subsample=2");
  const Case smallest = shrink(c, [](const Case&) { return true; });
  EXPECT_EQ(smallest.function, Function::Conv);
  EXPECT_EQ(smallest.part, Part::GradInputs);
  EXPECT_EQ(smallest.x_type, DataType::F64) << "the result's";
}

TEST(Shrink, LeavesAComposedFunctionAsItIs) {
  const Case c = parse_case("conv3d2d.forward f32 x=1x4x2x5x5 w=3x2x2x3x3");
  EXPECT_EQ(shrink(c, [](const Case&) { return true; }), c);
}

TEST(RandomProblems, CoverWhatTheirHeaderSays) {
  int unshared = 0, grouped = 0, asymmetric = 0, strided = 0, beyond = 0;
  std::size_t most = 0;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const ConvProblem problem = random_problem(seed);
    validate(problem);
    unshared += problem.unshared;
    grouped += problem.groups > 1;
    most = std::max(most, problem.rank);
    for (const Window& window : problem.axes()) {
      asymmetric += window.pad_before != window.pad_after;
      strided += window.stride > 1;
      beyond += window.pad_before >= window.dilated_filter();
    }
  }
  EXPECT_EQ(most, 3u);
  for (const int count : {unshared, grouped, asymmetric, strided, beyond}) EXPECT_GT(count, 20);
  EXPECT_EQ(random_problem(7), random_problem(7));
}

}  // namespace
}  // namespace convcheck
