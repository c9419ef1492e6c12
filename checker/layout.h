// How operands lie in memory: the words of a case line's layout=, joined by commas.
//
//   (none)    row-major, channels before the spatial axes, without gaps, 64-byte aligned
//   nhwc      channels last in memory: of x and y (n, spatial, c), of w (k, [regions,] spatial, c)
//   permuted  the first axis fastest in memory: the axes in the opposite order
//   subview   a part of a tensor with two more elements on every axis
//   gaps      as subview, and every second element along the fastest axis
//   reversed  every axis runs backwards: negative strides
//   loose     axes of at most one element have strides that mean nothing
//   offset-N  the lowest byte lies N bytes behind a 64-byte boundary, 0 < N < 64; rounded down to
//             whole elements
//
// nhwc and permuted exclude one another, and so do subview and gaps. A word holds for all three
// operands; with x-, w- or y- before it, for that one: "y-nhwc,offset-4". Words come in the order
// above and their operands in the order x, w, y; printing gives that canonical spelling.
#pragma once

#include <cstdint>
#include <string>

#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck {

enum class OperandName { X, W, Y };

// "x", "w", "y".
const char* to_string(OperandName operand);

// Of one operand.
struct OperandLayout {
  enum class Order { RowMajor, ChannelsLast, Permuted };
  enum class Spread { Dense, Subview, Gaps };

  Order order = Order::RowMajor;
  Spread spread = Spread::Dense;
  bool reversed = false;
  bool loose = false;
  int offset = 0;  // bytes

  friend bool operator==(const OperandLayout&, const OperandLayout&) = default;
};

struct Layout {
  OperandLayout x, w, y;

  // The same for all three.
  static Layout all(const OperandLayout& one) { return {one, one, one}; }
  const OperandLayout& of(OperandName operand) const {
    return operand == OperandName::X ? x : operand == OperandName::W ? w : y;
  }

  friend bool operator==(const Layout&, const Layout&) = default;
};

// Throws ConvError{Syntax} for an unknown, repeated or contradicting word.
Layout parse_layout(const std::string& text);

// The canonical spelling; parse_layout(to_string(l)) == l.
std::string to_string(const Layout& layout);

// The same, with all operands spread so.
Layout with(OperandLayout::Spread spread, Layout layout);

// Where the elements of an operand lie.
struct Placement {
  Shape extents;
  Strides strides;          // in elements
  std::int64_t before = 0;  // elements from the lowest to coordinates 0
  std::int64_t span = 0;    // elements from the lowest to the highest, both included
  std::int64_t offset = 0;  // bytes from a 64-byte boundary to the lowest
};

// Throws ConvError{Overflow} when the span does not fit in 63 bits of bytes.
Placement place(OperandName operand, const ConvProblem& problem, DataType type,
                const OperandLayout& layout);

// Allocates an operand of the problem in `owner` and returns its logical view. Throws ConvError as
// Tensor does.
TensorView allocate(Tensor& owner, OperandName operand, const ConvProblem& problem, DataType type,
                    const Layout& layout);

}  // namespace convcheck
