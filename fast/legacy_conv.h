// The deprecated theano.tensor.nnet.conv.conv2d: 2-D convolution without groups, dilation, pads or
// a choice of flip.
//
// Layouts as conv2d (fast/conv.h): input (n, c, rows, columns), filters (k, c, rows, columns). It
// always flips the filters. It refuses what conv2d refuses (the original took a subsample below 1
// for 1), and what the original refused, with ConvError:
//
//   {BorderMode}   a border other than valid and full
//   {DataType}     input and filters of different types
//   {Channels}     image_shape and filter_shape that contradict one another
//   {Unsupported}  the gradients of a valid convolution with a subsample other than 1, and of a
//                  full one with one above 2
//   {InputShape}, {FilterShape}
//                  the gradients of a full one with a subsample of 2, unless image_shape and
//                  filter_shape are given without open extents
//
// Its logical shapes, zeros between the elements, are not here: imshp_logical or kshp_logical that
// is not empty is {Unsupported}.
#pragma once

#include <cstdint>
#include <optional>

#include "fast/dispatch.h"
#include "fast/shape_hint.h"
#include "reference/border_mode.h"
#include "reference/tensor.h"

namespace convcheck::conv {

// The documented parameters, in their order.
struct Options {
  ShapeHint image_shape = {}, filter_shape = {};  // checked
  BorderMode border_mode = valid;
  Dims subsample = {};  // empty: 1 on both axes
  // How the original unrolled its loops. They do not change the result, and nothing here.
  std::optional<std::int64_t> unroll_batch = {}, unroll_kern = {};
  std::optional<bool> unroll_patch = {};
  Dims imshp_logical = {}, kshp_logical = {};
};

[[deprecated("use convcheck::conv2d")]] Tensor conv2d(const TensorView& input,
                                                      const TensorView& filters,
                                                      const Options& options = {},
                                                      const BackendPtr& backend = automatic());

// The shape of the result. Throws as conv2d does for operands of these shapes.
Shape conv2d_shape(const Shape& input, const Shape& filters, const Options& options = {});

// Throws as both gradients do for the options alone.
void check_gradient(const Options& options);

// Its gradients. `input_shape` and the `filter_shape` argument are the shapes of the results; rows
// and columns may not be left open.
[[deprecated("use convcheck::conv2d_grad_wrt_inputs")]] Tensor conv2d_grad_wrt_inputs(
    const TensorView& output_grad, const TensorView& filters, const ShapeHint& input_shape,
    const Options& options = {}, const BackendPtr& backend = automatic());
[[deprecated("use convcheck::conv2d_grad_wrt_weights")]] Tensor conv2d_grad_wrt_weights(
    const TensorView& input, const TensorView& output_grad, const ShapeHint& filter_shape,
    const Options& options = {}, const BackendPtr& backend = automatic());

}  // namespace convcheck::conv
