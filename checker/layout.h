// How operands lie in memory: the words of a case line's layout=.
//
//   (none)  row-major, channels before the spatial axes
//   nhwc    channels last in memory: of x and y (n, spatial, c), of w (k, [regions,] spatial, c)
#pragma once

#include <cstdint>
#include <string>

#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck {

enum class OperandName { X, W, Y };

struct Layout {
  bool channels_last = false;
};

// Throws ConvError{Syntax} for an unknown word.
Layout parse_layout(const std::string& text);

// Allocates an operand of the problem in `owner` and returns its logical view. Throws ConvError as
// Tensor does.
TensorView allocate(Tensor& owner, OperandName operand, const ConvProblem& problem, DataType type,
                    const Layout& layout);

}  // namespace convcheck
