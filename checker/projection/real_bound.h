// How large the projected error of an honest result can be. Internal to real_projection.cpp.
#pragma once

#include <vector>

#include "checker/projection/real_sums.h"
#include "reference/problem.h"

namespace convcheck::projection {

// With E[n,k] the errors of one position, Q = sum of s[n] r[k] E[n,k], `letters` of the two having
// more than one index, |Q| exceeds kappa * sigma at any of `positions` with a probability of at
// most 2^-41, where
//   rounding_kappa: every E is a sum of independent mean-zero roundings (or martingale differences)
//   bounded by c[j], and sigma^2 = sum over n, k, j of c[j]^2,
//   fixed_kappa:    E is anything that does not depend on s and r, and sigma^2 = sum of E^2.
double rounding_kappa(int letters, std::int64_t positions);
double fixed_kappa(int letters, std::int64_t positions);

// At every position of the projected plane no less than A * B: the sums of the squares of the
// first and of the second operand's elements that meet there. By Cauchy and Schwarz the sum over
// n, k of (sum of |a b|)^2 is no larger.
std::vector<double> norm_products(const ConvProblem& problem, const RealSums& sums);

}  // namespace convcheck::projection
