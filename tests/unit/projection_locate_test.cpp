#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "tests/unit/projection_finished.h"

namespace convcheck {
namespace {

TEST(Locating, SaysTooManyWithTheFirstAndTheLast) {
  for (const Finished& of : all_small()) {
    const ExactProjection projection = of.projection();
    Index at(of.result().rank(), 0), last(of.result().rank(), 0);
    do add(of.result(), at, 3);
    while (advance(at, of.result().extents));
    for (std::size_t axis = 0; axis < at.size(); ++axis) last[axis] = of.result().extents[axis] - 1;
    const Located located = projection.locate(of.result(), {.elements = 10});
    EXPECT_FALSE(located.complete);
    ASSERT_EQ(located.wrong.size(), 10u);
    EXPECT_EQ(located.wrong.front().at, at);
    EXPECT_EQ(located.mismatching, located.positions);
    const Located by_steps = projection.locate(of.result(), {.steps = 1});
    EXPECT_FALSE(by_steps.complete);
    ASSERT_GE(by_steps.wrong.size(), 2u);
    EXPECT_EQ(by_steps.wrong.front().at, at);
    EXPECT_EQ(by_steps.wrong.back().at, last);
    const Located all = projection.locate(of.result(), {.elements = 1 << 20});
    EXPECT_TRUE(all.complete);
    EXPECT_EQ(static_cast<std::int64_t>(all.wrong.size()), of.result().size());
  }
}

TEST(Locating, ARightResultBeyondTheLargestIsNotCalledWrong) {
  for (const Finished& of : all_small()) {
    const ExactProjection projection = of.projection(10);
    EXPECT_FALSE(projection.check(of.result()).representable);
    EXPECT_TRUE(projection.locate(of.result()).wrong.empty());
  }
}

TEST(Locating, ManyThatAreNoNumbers) {
  for (const Finished& of : all_small()) {
    Index at(of.result().rank(), 0);
    do of.result().set(at, std::nan(""));
    while (advance(at, of.result().extents));
    const Located located = of.projection().locate(of.result(), {.elements = 10});
    EXPECT_FALSE(located.complete);
    EXPECT_EQ(located.wrong.size(), 10u);
    EXPECT_EQ(located.wrong.front().at, at);
  }
}

TEST(Locating, IsFastWhenEverythingIsWrong) {
  for (const Direction direction : kAllDirections) {
    ConvProblem problem;
    problem.direction = direction;
    problem.batch = 16;
    problem.channels = 64;
    problem.filters = 128;
    problem.windows[0] = problem.windows[1] = {56, 3, 1, 1, 1, 1};
    Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
    const Operands operands{x, w, y};
    for (Tensor* tensor : {&x, &w, &y}) std::fill_n(tensor->data<float>(), tensor->size(), 1.0f);
    const ExactProjection projection(problem, operands, 0x1p17, 1);
    const auto start = std::chrono::steady_clock::now();
    const Located located = projection.locate(operands.result(direction));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_FALSE(located.complete);
    EXPECT_GE(located.wrong.size(), 2u);
    EXPECT_LT(seconds.count(), 10);
  }
}

}  // namespace
}  // namespace convcheck
