// The data that a case is judged on: five fills, each with the mistakes that it claims to show.
//
//   narrow   dense small integers whose sums of products are exact in any order. Shows mistakes of
//            indices, borders, strides, dilations, groups, flips and signs. The ranges a and b of
//            the two operands obey a * b * terms <= 2^accumulator bits (<= 2^17 where that is
//            possible: then one round of the exact projection is enough) and, for a result that is
//            stored in a shorter type, 6 * a * b * sqrt(terms) <= 2^result bits: six standard
//            deviations of a sum of random signs. They shrink to {-1, 1} before zeros are added.
//   wide     one operand odd integers of many bits (f64 26, f32 13, f16 11, bf16 8), the other -1,
//   0
//            or 1, with so many zeros that every sum is exact in the accumulator; the operands
//            change roles with the seed. Shows inputs rounded to a shorter type (silent TF32) and
//            sums in a shorter one. The exact sum is rounded once, to storage.
//   real     numbers uniform in (-1, 1), rounded to storage: judged within a bound, see judge.h.
//   impulse  one element of each operand, and so one product in the whole result: convolution is
//            bilinear, so this reads one tap off the result. Shrinking ends here.
//   special  narrow, with one NaN or infinity, by seed, in a place that is used; or one subnormal
//            among zeros.
//
// An element is a function of the seed, the operand and its row-major number, so any one can be
// computed alone, in any layout and by any number of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "checker/operand_fill.h"
#include "reference/data_type.h"
#include "reference/oracle.h"
#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck {

enum class Fill { Narrow, Wide, Real, Impulse, Special };

inline constexpr Fill kAllFills[] = {Fill::Narrow, Fill::Wide, Fill::Real, Fill::Impulse,
                                     Fill::Special};

const char* to_string(Fill fill);
// The inverse; "" is narrow. Throws ConvError{Syntax} for anything else.
Fill parse_fill(std::string_view text);

// The arithmetic of a call: how its operands are stored, and what the backend declares of its sums.
struct CallTypes {
  DataType x = DataType::F32, w = DataType::F32, y = DataType::F32;
  DataType accumulator = DataType::F32;
  int input_bits = 0;        // to which inputs are rounded; 0: they are not
  double amplification = 0;  // of a declared transform, see Claims; 0: a classical sum
  bool multiplies_padding = false;

  DataType result(Direction direction) const {
    return direction == Direction::Forward ? y : direction == Direction::GradInputs ? x : w;
  }

  friend bool operator==(const CallTypes&, const CallTypes&) = default;
};

// The values of a whole case, and what is known of its result.
struct Data {
  Fill fill = Fill::Narrow;
  OperandFill x, w, y;     // that of the operand which the direction computes is not used
  std::int64_t terms = 0;  // most products in one element of the result, see max_terms
  // Sums of products up to here are exact in any order; 0 for real data.
  double exact_up_to = 0;
  // No element of the result is larger in magnitude; the result of integers is integral.
  // Meaningless for special.
  double largest = 0;
  // The element of the result that the impulse reaches.
  std::optional<Index> reached;

  const OperandFill& of(const Operands& operands, const TensorView& view) const {
    return &view == &operands.x ? x : &view == &operands.w ? w : y;
  }
  bool exact() const { return fill != Fill::Real; }
};

// Deterministic in its arguments. `problem` is valid; a problem without products gets data all the
// same.
Data make_data(const ConvProblem& problem, const CallTypes& types, Fill fill, std::uint64_t seed);

// One narrow fill of all three operands that is exact in all three directions at once.
Data make_adjoint_data(const ConvProblem& problem, const CallTypes& types, std::uint64_t seed);

// No element of the result is a sum of more products than this; tight but for padding.
std::int64_t max_terms(const ConvProblem& problem);

// Writes every element of a host view.
void write(const OperandFill& values, const TensorView& view);

// Writes the operands that the direction reads.
void write_inputs(const Data& data, Direction direction, const Operands& operands);

// Writes NaN to every element of a host view: what an implementation does not write then fails.
void write_nan(const TensorView& view);

}  // namespace convcheck
