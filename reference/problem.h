// What decides the mathematical answer of a convolution: the problem, without layout, pointers, algorithm or data type.
//
// Letters: n batch, c input channel, k output channel (filter), g group, i input, o output, f filter coordinate. Axes
// are depth, height, width in this order; 1-D and 2-D problems use the last ones. x is the input, w the filters, y the
// output, in all three directions; the direction says which of them is computed from the other two.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "reference/border_mode.h"
#include "reference/dims.h"

namespace convcheck {

// One spatial axis. Extents in elements; dilation 1 is dense.
struct Window {
  std::int64_t input = 1, filter = 1, stride = 1, dilation = 1, pad_before = 0, pad_after = 0;

  std::int64_t dilated_filter() const { return (filter - 1) * dilation + 1; }
  std::int64_t padded_input() const { return input + pad_before + pad_after; }
  // Number of window positions, by floor division; below 1 when the filter does not fit.
  std::int64_t output() const;

  friend bool operator==(const Window&, const Window&) = default;
};

enum class Direction { Forward, GradInputs, GradWeights };

inline constexpr Direction kAllDirections[] = {Direction::Forward, Direction::GradInputs,
                                               Direction::GradWeights};

// "forward", "grad_inputs", "grad_weights".
const char* to_string(Direction direction);

struct ConvProblem {
  Direction direction = Direction::Forward;
  std::size_t rank = 2;                // spatial axes, 1 to 3
  std::int64_t batch = 1;              // n
  std::int64_t channels = 1;           // c, over all groups
  std::int64_t filters = 1;            // k, over all groups
  std::int64_t groups = 1;             // g, contiguous blocks of channels and filters
  std::array<Window, 3> windows{};     // the first `rank` are used
  bool flip = true;                    // true: convolution, filters reversed; false: cross-correlation
  bool unshared = false;               // own filters for every output position

  std::span<const Window> axes() const { return {windows.data(), rank}; }
  std::span<Window> axes() { return {windows.data(), rank}; }
  std::int64_t group_channels() const { return channels / groups; }
  std::int64_t group_filters() const { return filters / groups; }

  Shape x_shape() const;  // n, c, input...
  Shape w_shape() const;  // k, c/g, filter...; unshared: k, output..., c/g, filter...
  Shape y_shape() const;  // n, k, output...
  Shape output_extents() const;
  // The shape of the operand that the direction computes.
  Shape result_shape() const;

  friend bool operator==(const ConvProblem&, const ConvProblem&) = default;
};

// Throws ConvError unless the problem has an answer: rank 1..3; batch, channels and filters >= 0; groups >= 1 and
// dividing both; filter, stride and dilation >= 1; input and pads >= 0; output >= 1 on every axis; nothing overflows.
void validate(const ConvProblem& problem);

// How a user's call says it. Empty subsample and dilation are ones.
struct ConvParameters {
  BorderMode border_mode = valid;
  Dims subsample = {};
  bool filter_flip = true;
  Dims filter_dilation = {};
  std::int64_t num_groups = 1;
  bool unshared = false;
};

// Lowers a call to a validated problem. The shapes are those of x (n, c, input...) and w; `y_shape` may be empty
// (forward), otherwise it is checked. Throws ConvError naming `input`, `filters` or `output_grad` and the entry.
ConvProblem make_problem(Direction direction, const Shape& x_shape, const Shape& w_shape,
                         const ConvParameters& parameters, const Shape& y_shape = {});

// "conv2d.forward n=2 c=3 k=4 groups=1 rows 8/3 ..." for messages; the canonical spelling is the case line's.
std::string to_string(const ConvProblem& problem);

}  // namespace convcheck
