// How long a projection takes, so that a caller can choose between it and the full loops.
//
// Estimates for contiguous f32 operands on one core, within a factor of about two; the constants
// and how they were measured are beside the code. f64 takes the same per element, bf16 twice and
// f16 three times as long; operands that are not row-major two to four times.
#pragma once

#include "reference/problem.h"

namespace convcheck {

struct ProjectionCost {
  double prepare = 0;  // seconds, once a case
  double check = 0;    // seconds, once a backend
};

ProjectionCost exact_projection_cost(const ConvProblem& problem, int rounds);
ProjectionCost real_projection_cost(const ConvProblem& problem);

// Seconds of the oracle for every element of the result.
double full_loops_cost(const ConvProblem& problem);

}  // namespace convcheck
