// What the projection of real data needs of a call's operands, each read once, by several threads.
// Internal to real_projection.cpp.
#pragma once

#include <vector>

#include "checker/projection/planes.h"
#include "reference/backend.h"
#include "reference/problem.h"

namespace convcheck::projection {

struct RealSums {
  std::vector<double> expected;  // what the projected operands give, at every position
  // Sums of squares over n and the channels of a group, row-major over g and the coordinates; of
  // the operand that is computed, none.
  std::vector<double> x_squares, y_squares;
  // Shared filters: one sum a group; unshared ones: as plane_map() lays out the plane.
  std::vector<double> w_squares;
};

// The problem is valid, and the operands that it reads are host views that fit it.
RealSums real_sums(const ConvProblem& problem, const Operands& operands,
                   const Multipliers<double>& signs, int threads);

struct ResultSums {
  std::vector<double> values;   // the projected result
  std::vector<double> squares;  // sums of the squares of the same elements; empty unless asked for
};
ResultSums result_sums(const ConvProblem& problem, const TensorView& result,
                       const Multipliers<double>& signs, bool with_squares, int threads);

// Both of them, for a result that exists: threads are started once.
struct CallSums {
  RealSums of_operands;
  ResultSums of_result;
};
CallSums call_sums(const ConvProblem& problem, const Operands& operands,
                   const Multipliers<double>& signs, bool with_squares, int threads);

}  // namespace convcheck::projection
