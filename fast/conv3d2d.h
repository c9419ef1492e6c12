// conv3d2d.conv3d: convolution over time and space with time second and channels third, by its
// documented name.
//
//   signals (n, time, c, rows, columns)
//   filters (k, time, c, rows, columns)
//   output  (n, time, k, rows, columns)
//
// It always flips the filters, and has no strides, dilation or groups. The border is a word (valid,
// half, full) for all three axes, or a triple of words for time, rows and columns; the
// documentation wants the same word for rows and columns, here they may differ. Numbers are
// ConvError{BorderMode}. Everything else is as fast/conv.h has it after exchanging axes 1 and 2:
// types, and errors, which speak of signals and filters and quote shapes with channels second.
#pragma once

#include "fast/dispatch.h"
#include "fast/shape_hint.h"
#include "reference/border_mode.h"
#include "reference/tensor.h"

namespace convcheck::conv3d2d {

struct Options {
  ShapeHint signals_shape = {}, filters_shape = {};  // checked
  BorderMode border_mode = valid;
};

Tensor conv3d(const TensorView& signals, const TensorView& filters, const Options& options = {},
              const BackendPtr& backend = automatic());

// The shape of its result. Throws as it does for operands of these shapes.
Shape conv3d_shape(const Shape& signals, const Shape& filters, const Options& options = {});

// The gradient of sum(output_grad * conv3d(signals, filters)) with respect to the signals, and to
// the filters. The extents of time, rows and columns may not be left open.
Tensor conv3d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& signals_shape, const Options& options = {},
                              const BackendPtr& backend = automatic());
Tensor conv3d_grad_wrt_weights(const TensorView& signals, const TensorView& output_grad,
                               const ShapeHint& filters_shape, const Options& options = {},
                               const BackendPtr& backend = automatic());

}  // namespace convcheck::conv3d2d
