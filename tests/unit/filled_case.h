// Cases with their operands, for tests of what a device computes.
#pragma once

#include <vector>

#include "checker/grids.h"
#include "checker/run_case.h"
#include "checker/schedule.h"
#include "reference/flops.h"

namespace convcheck {

// Of the grids those that are one problem, and not too large.
inline std::vector<Case> small_cases(std::int64_t most_flops) {
  std::vector<Case> cases;
  for (const Grid& grid : all_grids()) {
    for (const Case& c : grid.cases) {
      if (is_one_problem(c) && flops(conv_problem(c)) <= most_flops) cases.push_back(c);
    }
  }
  return cases;
}

// Operands of a case, filled and laid out as it says; the result is not written.
struct Filled {
  PreparedCase ready;
  const ConvProblem& problem;
  const Operands& operands;

  explicit Filled(const Case& c)
      : ready(c, usual_types(c), {}), problem(ready.problem()), operands(ready.operands()) {}
  const TensorView& result() const { return operands.result(problem.direction); }
};

}  // namespace convcheck
