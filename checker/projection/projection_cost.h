// How long a projection takes, so that a caller can choose between it and the full loops.
#pragma once

#include "reference/problem.h"

namespace convcheck {

struct ProjectionCost {
  double prepare = 0;  // seconds, once a case
  double check = 0;    // seconds, once a backend
};

// For contiguous f32 operands on one core; the constants were measured on a Zen 4 core and are
// written beside the code.
ProjectionCost projection_cost(const ConvProblem& problem, int rounds);

// Seconds of the oracle for every element of the result.
double full_loops_cost(const ConvProblem& problem);

}  // namespace convcheck
