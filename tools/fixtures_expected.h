// What a golden file expects, against the reference on the file's operands.
#pragma once

#include "fixtures/golden.h"
#include "tools/fixtures_tally.h"

namespace convcheck {

// Seconds of the oracle above which `expected` is projected.
inline constexpr double kLoopsAtMost = 0.1;

// Element by element: exact ones are equal, others within the bound of two sums in f64; `bound` is
// the model's.
RowOutcome expected_by_loops(const GoldenCase& c);

// Whether the case is large enough for a projection, and one convolution of data for which there is
// one: exact integers, or a zero-mean fill.
bool can_be_projected(const GoldenCase& c);

// As a whole, and a sample with its bounds element by element; every bound is at most that of the
// largest sum that the operands could have.
RowOutcome expected_by_projection(const GoldenCase& c);

// No sum of products of the case's operands, which is one convolution, is larger. Not finite when
// an operand is not.
double largest_sum(const GoldenCase& c);

}  // namespace convcheck
