// Whole tensors: the oracle, asked once for every element of the result.
#pragma once

#include "reference/backend.h"
#include "reference/problem.h"

namespace convcheck {

// Writes every element of the problem's result: the oracle's value, rounded once more to the
// result's type. The call has passed check_call; host memory, any data types, any strides.
void compute_by_loops(const ConvProblem& problem, const Operands& operands);

}  // namespace convcheck
