// What the reference answers, and how far an honest backend's answer may be from it.
#pragma once

#include "fixtures/golden.h"
#include "tools/fixtures_operands.h"

namespace convcheck {

// The definition on the case's operands: of one convolution element by element, of functions that
// are more than one by the reference in f64.
//
// `value` is in f64, not rounded. `bound` covers every order and nesting of summation with sums of
// unit roundoff u (sum_roundoff) and results, also those in between, stored in the case's types:
//   ((1 + gamma(m)) (1 + t)^e (1 + r) - 1) * magnitude + (m + e + 1) * s * max(1, largest)
// with gamma(m) = m u / (1 - m u), m the products and nestings of fixtures_bound.h, t the unit
// roundoff of the type that is computed in, e how many numbers on the way are rounded to it (none
// of one convolution, one of a separable one, four of an upsampling, whose kernels are rounded and
// which may add up in it, so that u is t there), r that of the result, s its smallest subnormal,
// since a product or a sum may underflow, times the largest operand that multiplies it afterwards.
// It is infinite where the model says nothing, m u >= 1, and 0 where the value is not finite.
// `sums_fit`: the positive and the negative products of every element add up to no more than what
// is exact in any order.
// `in_range`: no finite sum leaves the range of its type in any order, or of the result's.
struct Answered {
  Tensor value, bound;
  bool sums_fit = true, in_range = true;
};
Answered answer_of_reference(const Case& c, const NamedTensors& operands);

// The formula of `bound`.
class BoundModel {
 public:
  BoundModel(const Case& c, const NamedTensors& operands);
  // Of an element whose products and nestings are so many, and add up to that magnitude.
  double operator()(double terms, double magnitude) const;

 private:
  double storage_, sums_, result_, stored_, underflow_;
};

// The fixture of a line. Throws ConvError as fixture_data does, and {Syntax} for a sum that is too
// long for its bound, or leaves the range of its type, or, of integers, is too large to be exact.
GoldenCase golden_case(const Case& line);
// The fixture of operands from elsewhere: their line has the fill `imported`.
GoldenCase golden_case(const Case& line, NamedTensors operands, bool exact);

// Throws ConvError as check_case does, and {Overflow} for arrays of more elements than the reader
// of files takes. Before anything is computed, or memory taken for it.
void require_storable(const Case& c);

// Throws FileError, naming `where`, unless these are the operands of the case.
void require_operands(const Case& c, const NamedTensors& operands, const std::string& where);

// Throws FileError, naming `where`, unless the operands and the result are those that the function
// has. Before anything is computed, or memory taken for it.
void require_consistent(const GoldenCase& c, const std::string& where);

}  // namespace convcheck
