// The operands of a fixture: what a case line says of its data.
//
// The checker's fills, and three that only files have, because a rule of the checker could not
// judge them better than its own:
//   zeros      +0, -0, 1 and -1, each a quarter: sums that are zeros of either sign
//   subnormal  one operand a small multiple of the smallest subnormal that operands, sums and
//   result
//              have, the other -1, 0 or 1: exact in any order, unless subnormals are flushed
//   cancel     magnitudes from 2^-e to 2^e, e = 10 (f16, bf16: 3): sums whose order matters
// and `imported`: data from elsewhere, which cannot be made from the line.
#pragma once

#include "fast/evaluate.h"
#include "reference/case.h"

namespace convcheck {

// The word of data that came from outside.
inline constexpr const char* kImported = "imported";

struct FixtureData {
  NamedTensors operands;
  bool exact = false;  // every sum is exact in every order, in the accumulators of the types
};

// Deterministic in the line. Throws ConvError{Syntax} for a fill that there is not or that the
// function cannot have, and as check_case does.
FixtureData fixture_data(const Case& c);

bool all_integers(const NamedTensors& operands);

// The single convolution behind a case, with its operands by their roles; nothing for functions
// that are more than one (separable, bilinear) or have another layout (conv3d2d, legacy).
bool is_one_convolution(const Case& c);
Operands operands_by_role(const Case& c, const NamedTensors& operands, const Tensor& result);

// The type that evaluate() computes in.
DataType compute_type(const Case& c);
// The longest unit roundoff that a sum may have: of the accumulator that the case names, of f64
// for f64, otherwise of f32.
double sum_roundoff(const Case& c);

DataType result_type(const Case& c);

}  // namespace convcheck
