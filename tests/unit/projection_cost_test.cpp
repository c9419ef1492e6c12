#include "checker/projection/projection_cost.h"

#include <gtest/gtest.h>

namespace convcheck {
namespace {

ConvProblem layer(std::int64_t batch, std::int64_t channels, std::int64_t filters,
                  std::int64_t input) {
  ConvProblem problem;
  problem.batch = batch;
  problem.channels = channels;
  problem.filters = filters;
  problem.windows[0] = problem.windows[1] = {input, 3, 1, 1, 1, 1};
  return problem;
}

TEST(ProjectionCost, OfDenseLayersIsAFractionOfTheLoops) {
  for (const Direction direction : kAllDirections) {
    ConvProblem problem = layer(8, 64, 64, 56);
    problem.direction = direction;
    const ProjectionCost cost = exact_projection_cost(problem, 1);
    EXPECT_LT(100 * (cost.prepare + cost.check), full_loops_cost(problem));
    EXPECT_LT(cost.prepare + cost.check, 10e-3);
    EXPECT_GT(cost.prepare, 0.1e-3);
    EXPECT_GT(real_projection_cost(problem).prepare, cost.prepare);
  }
}

TEST(ProjectionCost, GrowsWithTheRounds) {
  const ConvProblem problem = layer(2, 8, 8, 14);
  EXPECT_EQ(exact_projection_cost(problem, 2).check, 2 * exact_projection_cost(problem, 1).check);
  EXPECT_GT(exact_projection_cost(problem, 2).prepare, exact_projection_cost(problem, 1).prepare);
}

TEST(ProjectionCost, OfOneElementIsMoreThanTheLoops) {
  ConvProblem problem = layer(1, 1, 1, 1);
  EXPECT_GT(exact_projection_cost(problem, 1).prepare, full_loops_cost(problem));
}

TEST(ProjectionCost, NothingToComputeCostsNoLoops) {
  EXPECT_EQ(full_loops_cost(layer(0, 2, 2, 4)), 0);
  EXPECT_GE(full_loops_cost(layer(1, 0, 2, 4)), 0);
}

}  // namespace
}  // namespace convcheck
