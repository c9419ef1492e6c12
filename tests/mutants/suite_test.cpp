// Mistakes that people make in convolution kernels, one at a time: the suite must fail each.
#include "checker/suite.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "checker/grids.h"
#include "checker/schedule.h"
#include "tests/mutants/mutants.h"

namespace convcheck {
namespace {

// Every 61st case of up to 4096 products from every grid, in all directions and both types.
const std::vector<Case>& small_cases() {
  static const std::vector<Case> cases = [] {
    std::vector<Case> some;
    std::size_t number = 0;
    for (const Grid& grid : all_grids()) {
      for (const Case& c : grid.cases) {
        if (!is_one_problem(c)) continue;
        const ConvProblem problem = conv_problem(c);
        const std::int64_t outputs = element_count(problem.y_shape());
        const std::int64_t taps =
            element_count(problem.w_shape()) / std::max<std::int64_t>(1, c.w[0]);
        if (number++ % 61 == 0 && outputs * taps <= 4096) some.push_back(c);
      }
    }
    return some;
  }();
  return cases;
}

class Planted : public testing::TestWithParam<Mutant> {};

TEST_P(Planted, IsCaughtByTheSuite) {
  const Mutant& mutant = GetParam();
  const SuiteResult result = run_suite(small_cases(), {kernel(mutant.name, mutant.mistakes)});
  EXPECT_GT(total(result.counts).failed, 0) << mutant.what;
  EXPECT_EQ(exit_of(result.counts).code, 1);
}

TEST(HonestKernel, IsNotFlagged) {
  const SuiteResult result = run_suite(small_cases(), {kernel("honest")});
  EXPECT_EQ(total(result.counts).failed, 0);
  EXPECT_GT(total(result.counts).passed, 100);
  EXPECT_EQ(exit_of(result.counts).code, 0);
}

INSTANTIATE_TEST_SUITE_P(Border, Planted, testing::ValuesIn(border_mutants()),
                         [](const auto& one) { return one.param.name; });
INSTANTIATE_TEST_SUITE_P(Window, Planted, testing::ValuesIn(window_mutants()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace convcheck
