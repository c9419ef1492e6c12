// The convolution family of theano.tensor.nnet, by its documented names and parameters.
//
// Layouts: input (n, c, spatial...), filters (k, c / num_groups, spatial...), output (n, k,
// spatial...); spatial axes in the order depth, rows, columns. Unshared filters carry the output's
// extents after k: (k, output..., c / num_groups, spatial...). Any strides, negative ones too.
//
// Definition, per axis: output = floor((input + pad before + pad after - dilated filter) /
// subsample) + 1 and
//   y[n, k, o] = sum over c of k's group, and f, of  x[n, c, o * subsample + f * filter_dilation -
//   pad] * w[k, c, f']
// with f' reversed for filter_flip (a convolution), and f' = f without (a cross-correlation, as
// PyTorch and cuDNN).
//
// Result types, after the documentation: of the input for a convolution and its gradient with
// respect to the weights, of the filters for the gradient with respect to the inputs. The other
// operand may be narrower (it is widened exactly); a wider one, or f16 with bf16, is
// ConvError{DataType}: a result never silently loses what an operand had.
//
// Every function computes on `backend`, by default the automatic choice (fast/dispatch.h), and
// throws ConvError before anything is computed: {Rank} for a tensor, tuple or hint with the wrong
// number of axes; what make_problem (reference/problem.h) throws for an impossible problem;
// {InputShape} or {FilterShape} for a hint that is not the shape.
#pragma once

#include <cstdint>

#include "fast/dispatch.h"
#include "fast/shape_hint.h"
#include "reference/border_mode.h"
#include "reference/tensor.h"

namespace convcheck {

// The parameters of conv1d, conv2d, conv3d and their gradients, in the documentation's order and
// with its defaults.
struct ConvOptions {
  ShapeHint input_shape = {};   // checked against the input, its extents may be left open
  ShapeHint filter_shape = {};  // checked against the filters
  BorderMode border_mode = valid;
  Dims subsample = {};  // strides; empty: 1 on every axis
  bool filter_flip = true;
  ShapeHint image_shape = {};  // deprecated alias of input_shape; both given: ConvError{InputShape}
  Dims filter_dilation = {};   // distance of the filter's taps; empty: 1 on every axis
  std::int64_t num_groups = 1;
  bool unshared = false;
};
using Conv1dOptions = ConvOptions;
using Conv2dOptions = ConvOptions;
using Conv3dOptions = ConvOptions;

Tensor conv1d(const TensorView& input, const TensorView& filters, const Conv1dOptions& options = {},
              const BackendPtr& backend = automatic());
Tensor conv2d(const TensorView& input, const TensorView& filters, const Conv2dOptions& options = {},
              const BackendPtr& backend = automatic());
Tensor conv3d(const TensorView& input, const TensorView& filters, const Conv3dOptions& options = {},
              const BackendPtr& backend = automatic());

// The gradient of sum(output_grad * conv(input, filters)) with respect to the input, of shape
// `input_shape`. Its batch and channels may be left open (std::nullopt: deduced); its spatial
// extents may not, as with a stride several inputs give the same output: ConvError{InputShape}.
Tensor conv1d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& input_shape, const Conv1dOptions& options = {},
                              const BackendPtr& backend = automatic());
Tensor conv2d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& input_shape, const Conv2dOptions& options = {},
                              const BackendPtr& backend = automatic());
Tensor conv3d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& input_shape, const Conv3dOptions& options = {},
                              const BackendPtr& backend = automatic());

// The gradient with respect to the filters, of shape `filter_shape`. Its number of filters and of
// channels (and the regions of unshared filters) may be left open; its spatial extents may not:
// ConvError{FilterShape}.
Tensor conv1d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                               const ShapeHint& filter_shape, const Conv1dOptions& options = {},
                               const BackendPtr& backend = automatic());
Tensor conv2d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                               const ShapeHint& filter_shape, const Conv2dOptions& options = {},
                               const BackendPtr& backend = automatic());
Tensor conv3d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                               const ShapeHint& filter_shape, const Conv3dOptions& options = {},
                               const BackendPtr& backend = automatic());

// The parameters of the transposed convolutions and their gradients.
struct ConvTransposeOptions {
  ShapeHint filter_shape = {};
  BorderMode border_mode = valid;
  Dims input_dilation =
      {};  // the subsample of the convolution that is transposed; empty: 1 on every axis
  bool filter_flip = true;
  Dims filter_dilation = {};
  std::int64_t num_groups = 1;
  bool unshared = false;
};

// conv_grad_wrt_inputs under its other name: input (n, k, spatial...), filters (k, c / num_groups,
// spatial...) where k are the input's channels and c those of the result, whose shape is
// `output_shape`; its batch and channels may be left open. Errors speak of `input` and
// `output_shape`.
Tensor conv2d_transpose(const TensorView& input, const TensorView& filters,
                        const ShapeHint& output_shape, const ConvTransposeOptions& options = {},
                        const BackendPtr& backend = automatic());
Tensor conv3d_transpose(const TensorView& input, const TensorView& filters,
                        const ShapeHint& output_shape, const ConvTransposeOptions& options = {},
                        const BackendPtr& backend = automatic());

// Their gradients: `output_grad` has the shape that was `output_shape`; the result that of the
// input, and the type of output_grad in both.
Tensor conv2d_transpose_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                                        const ConvTransposeOptions& options = {},
                                        const BackendPtr& backend = automatic());
Tensor conv3d_transpose_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                                        const ConvTransposeOptions& options = {},
                                        const BackendPtr& backend = automatic());
Tensor conv2d_transpose_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                                         const ShapeHint& filter_shape,
                                         const ConvTransposeOptions& options = {},
                                         const BackendPtr& backend = automatic());
Tensor conv3d_transpose_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                                         const ShapeHint& filter_shape,
                                         const ConvTransposeOptions& options = {},
                                         const BackendPtr& backend = automatic());

}  // namespace convcheck
