// Causal convolution over time, by its documented name: no output sees an input after it.
//
//   y[n, k, t] = sum over c of k's group, and f, of
//                x[n, c, t * subsample - f * filter_dilation] * w[k, c, f]
//
// for t below floor((time - 1) / subsample) + 1, and with w[k, c, filter - 1 - f] without
// filter_flip. It is conv1d with filter_dilation * (filter - 1) zeros before the first input and
// none after the last. `filter` is that of the real filters; a declared filter_shape is only
// checked. Layouts, types and errors are those of fast/conv.h: input (n, c, time), filters
// (k, c / num_groups, filter), output (n, k, time); unshared filters, which the documentation has
// as a parameter but cannot compute, (k, output time, c / num_groups, filter).
#pragma once

#include <cstdint>

#include "fast/conv.h"

namespace convcheck {

// The documented parameters, in their order.
struct CausalConv1dOptions {
  ShapeHint filter_shape = {}, input_shape = {};  // checked
  std::int64_t subsample = 1;
  bool filter_flip = true;
  std::int64_t filter_dilation = 1;
  std::int64_t num_groups = 1;
  bool unshared = false;
};

// The border of the conv1d that it is: filter_dilation * (filter - 1) zeros before, none after.
// None at all where that does not fit in 63 bits, which conv1d refuses before it looks at the
// border.
BorderMode causal_border(std::int64_t filter, std::int64_t filter_dilation);

Tensor causal_conv1d(const TensorView& input, const TensorView& filters,
                     const CausalConv1dOptions& options = {},
                     const BackendPtr& backend = automatic());

// Gradients, as conv1d_grad_wrt_inputs and conv1d_grad_wrt_weights: the extent of time, or that of
// the filter, may not be left open.
Tensor causal_conv1d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                                     const ShapeHint& input_shape,
                                     const CausalConv1dOptions& options = {},
                                     const BackendPtr& backend = automatic());
Tensor causal_conv1d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                                      const ShapeHint& filter_shape,
                                      const CausalConv1dOptions& options = {},
                                      const BackendPtr& backend = automatic());

}  // namespace convcheck
