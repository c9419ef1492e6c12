#include "checker/rules/special_reach.h"

#include <gtest/gtest.h>

#include "reference/case.h"
#include "reference/oracle.h"

namespace convcheck {
namespace {

// The same, asked of every element of the result.
bool meets_padding_somewhere(const ConvProblem& problem, const HotElement& hot) {
  const Shape shape = problem.result_shape();
  Index at(shape.size(), 0);
  do {
    if (meets_padding(problem, hot, at)) return true;
  } while (advance(at, shape));
  return false;
}

constexpr const char* kLines[] = {
    "conv2d.forward f32 x=2x4x5x4 w=6x2x3x2 border=(0,1),(2,0) groups=2",
    "conv2d.forward f32 x=1x2x5x4 w=2x2x3x2",
    "conv2d.forward f32 x=1x2x5x7 w=2x2x3x2 border=1,2 subsample=3x2 dilation=1x3 noflip",
    "conv1d.forward f32 x=1x2x4 w=2x4x2x3 border=1 unshared",
    "conv1d.forward f32 x=1x1x1 w=1x1x4 border=3",
};

OperandName read_besides_x(Direction direction) {
  return direction == Direction::GradWeights ? OperandName::Y : OperandName::W;
}

TEST(SpecialReach, TheBordersTellWhetherPaddingIsMet) {
  for (const char* line : kLines) {
    for (const Direction direction : kAllDirections) {
      ConvProblem problem = conv_problem(parse_case(line));
      problem.direction = direction;
      const OperandName operand = read_besides_x(direction);
      const Shape shape = operand == OperandName::Y ? problem.y_shape() : problem.w_shape();
      Index at(shape.size(), 0);
      do {
        const HotElement hot{operand, at, 1};
        const bool somewhere = meets_padding_somewhere(problem, hot);
        if (direction == Direction::GradInputs) {
          EXPECT_TRUE(somewhere || !may_meet_padding(problem, hot)) << line;
        } else {
          EXPECT_EQ(may_meet_padding(problem, hot), somewhere) << line << to_string(at);
        }
      } while (advance(at, shape));
    }
  }
}

TEST(SpecialReach, NoElementOfXIsMultipliedWithPadding) {
  const ConvProblem problem = conv_problem(parse_case(kLines[0]));
  EXPECT_FALSE(meets_padding_somewhere(problem, {OperandName::X, {0, 0, 0, 0}, 1}));
}

TEST(SpecialReach, AProductsElementsShareTheirPlane) {
  for (const char* line : kLines) {
    for (const Direction direction : kAllDirections) {
      ConvProblem problem = conv_problem(parse_case(line));
      problem.direction = direction;
      const Shape shape = problem.result_shape();
      Index at(shape.size(), 0);
      do {
        for_each_tap(problem, at, [&](const Tap& tap) {
          const HotElement x{OperandName::X, tap.x, 1}, w{OperandName::W, tap.w, 1},
              y{OperandName::Y, tap.y, 1};
          EXPECT_TRUE(direction == Direction::GradInputs || shares_plane(problem, x, at));
          EXPECT_TRUE(direction == Direction::GradWeights || shares_plane(problem, w, at));
          EXPECT_TRUE(direction == Direction::Forward || shares_plane(problem, y, at));
        });
      } while (advance(at, shape));
    }
  }
}

TEST(SpecialReach, OtherImagesAndFiltersAreOtherPlanes) {
  const ConvProblem problem =
      conv_problem(parse_case(kLines[0]));  // 2 groups of 2 channels, 3 filters
  const HotElement x{OperandName::X, {0, 1, 0, 0}, 1}, w{OperandName::W, {1, 0, 0, 0}, 1};
  EXPECT_FALSE(shares_plane(problem, x, {1, 0, 0, 0}));
  EXPECT_FALSE(shares_plane(problem, x, {0, 3, 0, 0}));
  EXPECT_TRUE(shares_plane(problem, w, {1, 1, 0, 0}));
  EXPECT_FALSE(shares_plane(problem, w, {1, 2, 0, 0}));
}

}  // namespace
}  // namespace convcheck
