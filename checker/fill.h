// The fill `narrow`: dense small integers whose sums of products are exact in any order.
//
// An element is a function of the seed, the operand and its row-major number, so any one can be
// computed alone, in any layout and by any number of threads. Its magnitude is 1..range and its
// sign random; it is zero only where density is below 1. With ranges a and b of the two operands
// that a direction reads, a * b * terms <= 2^accumulator bits, where terms is the largest number of
// products in one element. The ranges shrink to 1 before zeros are added: a zero hides a tap. If
// even {-1, 1} are too much, one operand is thinned so that the expected number of products stays 8
// standard deviations below the limit; the judge checks the sums that it forms and calls an excess
// `broken`.
//
// A result stored in a shorter type than it is summed in should be exact too, lest rounding hide a
// tap: there the ranges also obey 6 * a * b * sqrt(terms) <= 2^result bits, six standard deviations
// of a sum of random signs.
#pragma once

#include <cstdint>

#include "reference/data_type.h"
#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck {

// The values of one operand.
struct IntegerFill {
  std::uint64_t key = 0;
  std::int64_t range = 1;
  double density = 1;  // probability of an element that is not zero

  // The element with that row-major number.
  double at(std::int64_t element) const;
};

struct NarrowFill {
  IntegerFill x, w, y;     // that of the operand which the direction computes is not used
  std::int64_t terms = 0;  // most products in one element of the result, see max_terms
  double exact_up_to = 0;  // 2^accumulator bits
};

struct FillTypes {
  DataType accumulator = DataType::F32, result = DataType::F32;
};

// No element of the result is a sum of more products than this; tight but for padding.
std::int64_t max_terms(const ConvProblem& problem);

NarrowFill narrow_fill(const ConvProblem& problem, const FillTypes& types, std::uint64_t seed);

// Writes every element of a host view.
void fill(const IntegerFill& values, const TensorView& view);

// Writes NaN to every element of a host view: what an implementation does not write then fails.
void fill_with_nan(const TensorView& view);

}  // namespace convcheck
