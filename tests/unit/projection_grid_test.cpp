// The projection of integers decides as the full loops do, on the small cases of the grids.

#include <gtest/gtest.h>

#include "checker/grids.h"
#include "checker/projection/exact_projection.h"
#include "reference/loops.h"

namespace convcheck {
namespace {

Tensor integers(const Shape& shape, DataType type, std::uint64_t seed) {
  Tensor tensor(shape, type);
  std::uint64_t state = seed * 2 + 1;
  const auto next = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>((state >> 33) % 7) - 3;
  };
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    store(type, static_cast<std::byte*>(tensor.view().data) + i * std::int64_t(size_of(type)),
          next());
  }
  return tensor;
}

// A case with its right result.
struct Finished {
  ConvProblem problem;
  Tensor x, w, y;
  Operands operands;

  Finished(const Case& c, std::uint64_t seed)
      : problem(conv_problem(c)),
        x(integers(problem.x_shape(), c.x_type, seed)),
        w(integers(problem.w_shape(), c.w_type, seed + 1)),
        y(integers(problem.y_shape(), c.y_type, seed + 2)),
        operands{x, w, y} {
    compute_by_loops(problem, operands);
  }
  const TensorView& result() const { return operands.result(problem.direction); }
  // 9 times the products of any element.
  double largest() const {
    std::int64_t terms = 1;
    for (const Window& window : problem.axes()) terms *= window.filter * window.output();
    return 9.0 * static_cast<double>(terms *
                                     std::max({problem.batch, problem.channels, problem.filters})) +
           8;
  }
};

Index index_of(const Shape& shape, std::int64_t element) {
  Index at(shape.size(), 0);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    at[axis] = element % shape[axis];
    element /= shape[axis];
  }
  return at;
}

void expect_found(const Finished& of, const ExactProjection& projection, std::int64_t element,
                  double error) {
  const Index at = index_of(of.result().extents, element);
  const double right = of.result().at(at);
  of.result().set(at, right + error);
  EXPECT_FALSE(projection.check(of.result()).matches()) << to_string(of.problem);
  const Located located = projection.locate(of.result());
  EXPECT_TRUE(located.complete);
  ASSERT_EQ(located.wrong.size(), 1u) << to_string(of.problem);
  EXPECT_EQ(located.wrong[0].at, at);
  EXPECT_EQ(located.wrong[0].expected, right);
  EXPECT_EQ(located.wrong[0].got, right + error);
  of.result().set(at, right);
}

TEST(ProjectionOnGrids, EveryElementOfEveryOneAxisCaseIsSeen) {
  std::uint64_t seed = 0;
  std::int64_t cases = 0, planted = 0;
  for (const Case& c : one_axis_grid().cases) {
    const Finished of(c, ++seed);
    const ExactProjection projection(of.problem, of.operands, of.largest(), seed);
    ASSERT_TRUE(projection.check(of.result()).matches()) << to_string(c);
    for (std::int64_t element = 0; element < of.result().size(); ++element, ++planted) {
      const Index at = index_of(of.result().extents, element);
      const double right = of.result().at(at);
      of.result().set(at, right + (seed % 2 == 0 ? 1 : -1));
      ASSERT_EQ(projection.check(of.result()).mismatching, 1) << to_string(c);
      of.result().set(at, right);
    }
    ++cases;
  }
  EXPECT_GT(cases, 10000);
  EXPECT_GT(planted, cases);
}

TEST(ProjectionOnGrids, RightResultsMatchAndOneWrongElementIsFound) {
  std::uint64_t seed = 1;
  std::int64_t cases = 0;
  for (const Grid& grid : value_grids()) {
    for (std::size_t i = seed % 5; i < grid.cases.size(); i += 5) {
      const Case& c = grid.cases[i];
      const Finished of(c, ++seed);
      const ExactProjection projection(of.problem, of.operands, of.largest(), seed);
      ASSERT_TRUE(projection.check(of.result()).matches()) << to_string(c);
      EXPECT_LT(projection.miss_probability(), 0x1p-40);
      ++cases;
      if (of.result().empty()) continue;
      const std::int64_t element = static_cast<std::int64_t>(seed * 7919) % of.result().size();
      expect_found(of, projection, element, seed % 2 == 0 ? 1 : -4);
      expect_found(of, projection, 0, 2);
      expect_found(of, projection, of.result().size() - 1, -1);
    }
  }
  EXPECT_GT(cases, 1000);
}

}  // namespace
}  // namespace convcheck
