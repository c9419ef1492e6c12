// Separable convolution, by its documented names: a depthwise convolution and then a pointwise one.
//
//   depthwise   one group a channel, filters (m * c, 1, spatial...), with the border, subsample,
//               dilation and flip of the options; filters i * m to i * m + m - 1 read channel i
//   pointwise   border valid, subsample and dilation 1, the same flip, filters
//               (k, m * c, spatial...) whose spatial extents are usually 1, but need not be
//
// Layouts, types and errors are those of fast/conv.h; what the first stage gives has the type of
// the input. Errors speak of depthwise_filters and pointwise_filters. Asymmetric borders work in
// 3-D too. An input without channels has no depthwise filters, and an output of zeros.
#pragma once

#include <cstdint>
#include <optional>

#include "fast/conv.h"

namespace convcheck {

// The documented parameters. num_channels is the input's number of channels, checked where it is
// given.
struct SeparableConvOptions {
  std::optional<std::int64_t> num_channels = {};
  ShapeHint input_shape = {}, depthwise_filter_shape = {}, pointwise_filter_shape = {};  // checked
  BorderMode border_mode = valid;
  Dims subsample = {};  // empty: 1 on every axis
  bool filter_flip = true;
  Dims filter_dilation = {};  // empty: 1 on every axis
};

Tensor separable_conv2d(const TensorView& input, const TensorView& depthwise_filters,
                        const TensorView& pointwise_filters,
                        const SeparableConvOptions& options = {},
                        const BackendPtr& backend = automatic());
Tensor separable_conv3d(const TensorView& input, const TensorView& depthwise_filters,
                        const TensorView& pointwise_filters,
                        const SeparableConvOptions& options = {},
                        const BackendPtr& backend = automatic());

// The shape of the result of either, by the input's number of axes. Throws as they do.
Shape separable_conv_shape(const Shape& input, const Shape& depthwise_filters,
                           const Shape& pointwise_filters,
                           const SeparableConvOptions& options = {});

// The gradient of sum(output_grad * separable_conv(input, depthwise_filters, pointwise_filters))
// with respect to each of the three. The shape of the result is the option of that name, which is
// mandatory here: input_shape (batch and channels may be left open), depthwise_filter_shape (its
// first two entries may), and pointwise_filter_shape (all of it may, or be missing: it follows from
// the others).
Tensor separable_conv2d_grad_wrt_inputs(const TensorView& output_grad,
                                        const TensorView& depthwise_filters,
                                        const TensorView& pointwise_filters,
                                        const SeparableConvOptions& options,
                                        const BackendPtr& backend = automatic());
Tensor separable_conv3d_grad_wrt_inputs(const TensorView& output_grad,
                                        const TensorView& depthwise_filters,
                                        const TensorView& pointwise_filters,
                                        const SeparableConvOptions& options,
                                        const BackendPtr& backend = automatic());
Tensor separable_conv2d_grad_wrt_depthwise(const TensorView& input,
                                           const TensorView& pointwise_filters,
                                           const TensorView& output_grad,
                                           const SeparableConvOptions& options,
                                           const BackendPtr& backend = automatic());
Tensor separable_conv3d_grad_wrt_depthwise(const TensorView& input,
                                           const TensorView& pointwise_filters,
                                           const TensorView& output_grad,
                                           const SeparableConvOptions& options,
                                           const BackendPtr& backend = automatic());
Tensor separable_conv2d_grad_wrt_pointwise(const TensorView& input,
                                           const TensorView& depthwise_filters,
                                           const TensorView& output_grad,
                                           const SeparableConvOptions& options = {},
                                           const BackendPtr& backend = automatic());
Tensor separable_conv3d_grad_wrt_pointwise(const TensorView& input,
                                           const TensorView& depthwise_filters,
                                           const TensorView& output_grad,
                                           const SeparableConvOptions& options = {},
                                           const BackendPtr& backend = automatic());

}  // namespace convcheck
