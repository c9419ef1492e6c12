#include "reference/loops.h"

#include "reference/oracle.h"

namespace convcheck {

void compute_by_loops(const ConvProblem& problem, const Operands& operands) {
  const TensorView& result = operands.result(problem.direction);
  if (result.empty()) return;
  Index at(result.rank(), 0);
  do result.set(at, result_at(problem, operands, at).value);
  while (advance(at, result.extents));
}

}  // namespace convcheck
