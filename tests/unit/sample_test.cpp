#include "checker/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "checker/fill.h"
#include "reference/flops.h"
#include "reference/oracle.h"

namespace convcheck {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;

constexpr SampleLimits kFew{.taps = 20000, .elements = 500, .least = 8};

ConvProblem layer(Direction direction) {
  ConvProblem problem{
      .direction = direction, .rank = 2, .batch = 2, .channels = 32, .filters = 64, .groups = 4};
  problem.windows[0] = {
      .input = 57, .filter = 5, .stride = 2, .dilation = 2, .pad_before = 3, .pad_after = 4};
  problem.windows[1] = {
      .input = 40, .filter = 3, .stride = 3, .dilation = 1, .pad_before = 1, .pad_after = 0};
  return problem;
}

std::set<std::int64_t> coordinates(const Sample& sample, std::size_t axis) {
  std::set<std::int64_t> seen;
  for (const Index& at : sample.elements) seen.insert(at[axis]);
  return seen;
}

TEST(Sample, OfASmallResultIsEveryElementInOrder) {
  ConvProblem problem{.rank = 1, .batch = 2, .channels = 3, .filters = 2};
  problem.windows[0] = {.input = 4, .filter = 2};
  const Sample all = sample(problem, {}, 1);
  EXPECT_TRUE(all.all);
  EXPECT_EQ(all.elements.size(), 12u);
  EXPECT_EQ(all.elements.front(), (Index{0, 0, 0}));
  EXPECT_EQ(all.elements.back(), (Index{1, 1, 2}));
}

TEST(Sample, OfAnEmptyResultIsEmpty) {
  ConvProblem problem{.rank = 1, .batch = 0};
  problem.windows[0] = {.input = 4, .filter = 2};
  EXPECT_TRUE(sample(problem, {}, 1).elements.empty());
}

TEST(Sample, HoldsFirstAndLastOfImagesAndGroupsAndEveryBorderClass) {
  for (const Direction direction : {Direction::Forward, Direction::GradInputs}) {
    const ConvProblem problem = layer(direction);
    const Sample some = sample(problem, kFew, 7);
    ASSERT_FALSE(some.all);
    EXPECT_THAT(coordinates(some, 0), IsSupersetOf({0, 1}));
    const std::int64_t per_group = problem.result_shape()[1] / 4;
    for (std::int64_t g = 0; g < 4; ++g) {
      EXPECT_THAT(coordinates(some, 1), IsSupersetOf({g * per_group, (g + 1) * per_group - 1}));
    }
    for (std::size_t axis = 0; axis < 2; ++axis) {
      EXPECT_THAT(coordinates(some, 2 + axis), IsSupersetOf(border_classes(problem, axis)));
    }
  }
}

TEST(Sample, OfAWeightGradientHoldsEveryFilterCoordinateAndTheCorners) {
  const ConvProblem problem = layer(Direction::GradWeights);
  const Sample some = sample(problem, {.taps = 100000, .elements = 500, .least = 8}, 7);
  ASSERT_FALSE(some.all);
  EXPECT_EQ(coordinates(some, 2).size(), 5u);
  EXPECT_EQ(coordinates(some, 3).size(), 3u);
  EXPECT_THAT(some.elements, Contains(Index({63, 7, 4, 2})));
  EXPECT_THAT(some.elements, Contains(Index({0, 0, 0, 0})));
}

TEST(Sample, HasAllCornersOfAnImage) {
  const ConvProblem problem = layer(Direction::Forward);
  const Shape shape = problem.result_shape();
  std::set<std::pair<std::int64_t, std::int64_t>> corners;
  for (const Index& at : sample(problem, kFew, 1).elements) {
    if ((at[2] == 0 || at[2] == shape[2] - 1) && (at[3] == 0 || at[3] == shape[3] - 1))
      corners.insert({at[2], at[3]});
  }
  EXPECT_EQ(corners.size(), 4u);
}

TEST(Sample, RepeatsNoElementLeavesNoExtentAndKeepsItsBudget) {
  for (const Direction direction : kAllDirections) {
    const ConvProblem problem = layer(direction);
    const Sample some = sample(problem, kFew, 3);
    std::set<std::vector<std::int64_t>> seen;
    for (const Index& at : some.elements) {
      ASSERT_EQ(at.size(), problem.result_shape().size());
      for (std::size_t axis = 0; axis < at.size(); ++axis) {
        ASSERT_GE(at[axis], 0);
        ASSERT_LT(at[axis], problem.result_shape()[axis]);
      }
      EXPECT_TRUE(seen.insert({at.begin(), at.end()}).second);
    }
    const auto count = static_cast<std::int64_t>(some.elements.size());
    EXPECT_LE(count * oracle_steps(problem), 4 * kFew.taps);
    EXPECT_GE(count, 8);
  }
}

TEST(OracleSteps, AreNeverFewerThanTheProductsOfAnElement) {
  for (const Direction direction : kAllDirections) {
    for (const bool unshared : {false, true}) {
      ConvProblem problem = layer(direction);
      problem.unshared = unshared;
      EXPECT_GE(oracle_steps(problem), max_terms(problem)) << to_string(problem);
      EXPECT_LE(oracle_steps(problem), 6 * max_terms(problem)) << "strides 2 and 3";
    }
  }
}

// One product in each, but the oracle looks at every filter tap to find it.
TEST(Sample, IsSmallWhereTheOracleIsSlowThoughItsSumsAreShort) {
  ConvProblem problem{
      .direction = Direction::GradInputs, .rank = 3, .batch = 1, .channels = 16, .filters = 1};
  for (Window& window : problem.axes()) window = {.input = 33, .filter = 33};
  ASSERT_EQ(max_terms(problem), 1);
  EXPECT_LT(sample(problem, {}, 1).elements.size(), 100u);
}

TEST(Sample, JudgesTwoElementsHoweverManyProductsTheyHave) {
  ConvProblem problem{
      .direction = Direction::GradWeights, .rank = 3, .batch = 2, .channels = 3, .filters = 4};
  for (Window& window : problem.axes()) window = {.input = 300, .filter = 3};
  EXPECT_EQ(sample(problem, {}, 1).elements.size(), 2u);
}

TEST(Sample, DependsOnTheSeedAlone) {
  const ConvProblem problem = layer(Direction::Forward);
  EXPECT_EQ(sample(problem, kFew, 1).elements, sample(problem, kFew, 1).elements);
  EXPECT_NE(sample(problem, kFew, 1).elements, sample(problem, kFew, 2).elements);
}

TEST(Sample, OfThousandsOfGroupsHoldsTheFirstAndTheLast) {
  ConvProblem problem{.rank = 1, .batch = 1, .channels = 4096, .filters = 4096, .groups = 4096};
  problem.windows[0] = {.input = 1000, .filter = 3};
  const std::set<std::int64_t> channels = coordinates(sample(problem, kFew, 1), 1);
  EXPECT_THAT(channels, IsSupersetOf({0, 4095}));
  EXPECT_GT(channels.size(), 50u);
}

// Which coordinates have the same set of taps, found by asking the oracle.
TEST(BorderClasses, AreThoseOfTheOracle) {
  for (const Direction direction : {Direction::Forward, Direction::GradInputs}) {
    for (const Window& window :
         {Window{9, 3, 1, 1, 1, 1}, Window{20, 4, 3, 2, 5, 0}, Window{11, 5, 2, 3, 0, 9}}) {
      const ConvProblem problem{.direction = direction, .rank = 1, .windows = {window}};
      std::map<std::vector<std::int64_t>, std::set<std::int64_t>> classes;
      for (std::int64_t at = 0; at < problem.result_shape()[2]; ++at) {
        std::vector<std::int64_t> taps;
        for_each_tap(problem, {0, 0, at}, [&](const Tap& tap) { taps.push_back(tap.w[2]); });
        classes[taps].insert(at);
      }
      std::set<std::int64_t> outermost;
      for (const auto& [taps, members] : classes)
        outermost.insert({*members.begin(), *members.rbegin()});
      const std::vector<std::int64_t> found = border_classes(problem, 0);
      EXPECT_EQ(std::set<std::int64_t>(found.begin(), found.end()), outermost)
          << to_string(problem);
    }
  }
}

}  // namespace
}  // namespace convcheck
