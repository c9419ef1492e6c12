// Shape helpers, by their documented names: the shape of one operand of a convolution from the two
// others.
//
// An extent, stride, dilation or border that is not known is std::nullopt, and so is every extent
// that depends on it; an axis with an unknown argument is not checked any further. The helpers
// compute, the operators check: extents below 1 come out as the formula gives them (by floor
// division), and channels of two operands are not compared.
//
// Source: the documentation of theano.tensor.nnet.abstract_conv. Where its helpers contradict the
// shapes of the operators (groups, unshared filters, dilated gradients, an integer border), these
// agree with the operators.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "reference/border_mode.h"
#include "reference/dims.h"
#include "reference/tensor.h"

namespace convcheck {

using OptionalExtent = std::optional<std::int64_t>;
using OptionalShape = std::vector<OptionalExtent>;
using OptionalBorder = std::optional<AxisBorder>;

// All extents known.
OptionalShape optional_shape(const Dims& dims);

// "2x?x8x9"; no entries are "scalar".
std::string to_string(const OptionalShape& shape);

// A border mode of which all, or some entries, may be unknown. Words are allowed per axis: {half,
// 2, std::nullopt}.
class OptionalBorderMode {
 public:
  OptionalBorderMode(AxisBorder::Kind word) : entries_{word}, every_axis_(true) {}       // NOLINT
  OptionalBorderMode(int pad) : entries_{AxisBorder(pad)}, every_axis_(true) {}          // NOLINT
  OptionalBorderMode(std::nullopt_t) : entries_{OptionalBorder()}, every_axis_(true) {}  // NOLINT
  OptionalBorderMode(const BorderMode& mode)                                             // NOLINT
      : entries_(mode.entries().begin(), mode.entries().end()), every_axis_(mode.every_axis()) {}
  OptionalBorderMode(std::initializer_list<OptionalBorder> axes) : entries_(axes) {}
  explicit OptionalBorderMode(std::vector<OptionalBorder> axes) : entries_(std::move(axes)) {}

  // The border of `axis` of `rank`. Throws ConvError{BorderMode} when the number of entries is not
  // `rank`.
  OptionalBorder axis(std::size_t axis, std::size_t rank) const;

 private:
  std::vector<OptionalBorder> entries_;
  bool every_axis_ = false;
};

// The documented parameters that the helpers share. An empty subsample or filter_dilation is ones.
struct ConvShapeOptions {
  OptionalBorderMode border_mode = valid;
  OptionalShape subsample = {};
  OptionalShape filter_dilation = {};
  std::int64_t num_groups = 1;
  bool unshared = false;
};

// All of them throw ConvError{BorderMode} for a negative pad, {Stride} or {Dilation} for one below
// 1, {Overflow} when a dilated filter or the result does not fit, {Rank} for a shape or tuple of
// the wrong length.

// One axis of the output: floor((image + pads - dilated kernel) / subsample) + 1.
OptionalExtent get_conv_shape_1axis(OptionalExtent image_shape, OptionalExtent kernel_shape,
                                    const OptionalBorder& border_mode, OptionalExtent subsample,
                                    OptionalExtent dilation = 1);

// The shape of the output: (batch, filters, extents...). The kernel's axes say whether it is
// unshared: 2 + rank, or 2 + 2 * rank with the regions; num_groups and unshared are not used.
OptionalShape get_conv_output_shape(const OptionalShape& image_shape,
                                    const OptionalShape& kernel_shape,
                                    const ConvShapeOptions& options = {});

// One axis of the filters. Unknown when several filters fit: for a stride above 1, and for `half`
// (every odd dilated filter gives the same output). Throws ConvError{OutputShape} when the dilation
// does not divide the filter's reach.
OptionalExtent get_conv_gradweights_shape_1axis(OptionalExtent image_shape,
                                                OptionalExtent top_shape,
                                                const OptionalBorder& border_mode,
                                                OptionalExtent subsample,
                                                OptionalExtent dilation = 1);

// The shape of the filters: (filters, channels / num_groups, extents...), unshared with the
// output's extents after the filters. Throws ConvError{Groups} unless num_groups >= 1 divides the
// channels.
OptionalShape get_conv_gradweights_shape(const OptionalShape& image_shape,
                                         const OptionalShape& top_shape,
                                         const ConvShapeOptions& options = {});

// One axis of the input. Unknown for a stride above 1, where several inputs fit.
OptionalExtent get_conv_gradinputs_shape_1axis(OptionalExtent kernel_shape,
                                               OptionalExtent top_shape,
                                               const OptionalBorder& border_mode,
                                               OptionalExtent subsample,
                                               OptionalExtent dilation = 1);

// The shape of the input: (batch, filter channels * num_groups, extents...). The kernel has the
// regions exactly when `unshared` is set. Throws ConvError{Groups} unless num_groups >= 1.
OptionalShape get_conv_gradinputs_shape(const OptionalShape& kernel_shape,
                                        const OptionalShape& top_shape,
                                        const ConvShapeOptions& options = {});

// Whether output_shape is what image and kernel give; an unknown entry fits anything. With
// `unshared`, the kernel's regions must fit the output too. False, too, when the lengths of the
// shapes, subsample or dilation contradict one another.
bool check_conv_gradinputs_shape(const OptionalShape& image_shape,
                                 const OptionalShape& kernel_shape,
                                 const OptionalShape& output_shape,
                                 const ConvShapeOptions& options = {});

// Returns `shape` if entries 0 and 1 are >= 0 and the others >= 1; else throws
// ConvError{OutputShape} that names the index.
Shape assert_conv_shape(const Shape& shape);

// Throws ConvError{kind}, ending in `msg`, unless every known entry is x's extent, and {Rank} for
// another number of entries. No entries expect nothing.
void assert_shape(const TensorView& x, const OptionalShape& expected_shape, const std::string& msg,
                  ErrorKind kind = ErrorKind::InputShape);

// The pads of `convdim` axes; `kshp` are the *dilated* filter extents, one an axis. A tuple holds
// integers and pairs, in any rank; one integer is used on every axis. Throws ConvError{BorderMode}
// for anything else, {FilterShape} for an extent below 1.
std::vector<Pads> border_mode_to_pad(const BorderMode& mode, std::size_t convdim, const Dims& kshp);

}  // namespace convcheck
