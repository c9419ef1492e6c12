#include "fast/causal.h"

namespace convcheck {
namespace {

// The conv1d that it is.
Conv1dOptions lowered(const CausalConv1dOptions& options, std::int64_t filter) {
  return {.input_shape = options.input_shape,
          .filter_shape = options.filter_shape,
          .border_mode = causal_border(filter, options.filter_dilation),
          .subsample = {options.subsample},
          .filter_flip = options.filter_flip,
          .filter_dilation = {options.filter_dilation},
          .num_groups = options.num_groups,
          .unshared = options.unshared};
}

// The last extent of a filter bank. conv1d refuses a bank without axes.
std::int64_t filter_extent(const Shape& shape) { return shape.empty() ? 1 : shape.back(); }

}  // namespace

BorderMode causal_border(std::int64_t filter, std::int64_t filter_dilation) {
  std::int64_t pad = 0;
  if (__builtin_mul_overflow(filter - 1, filter_dilation, &pad)) pad = 0;
  return {AxisBorder(pad, 0)};
}

Tensor causal_conv1d(const TensorView& input, const TensorView& filters,
                     const CausalConv1dOptions& options, const BackendPtr& backend) {
  return conv1d(input, filters, lowered(options, filter_extent(filters.extents)), backend);
}

Tensor causal_conv1d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                                     const ShapeHint& input_shape,
                                     const CausalConv1dOptions& options,
                                     const BackendPtr& backend) {
  return conv1d_grad_wrt_inputs(output_grad, filters, input_shape,
                                lowered(options, filter_extent(filters.extents)), backend);
}

Tensor causal_conv1d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                                      const ShapeHint& filter_shape,
                                      const CausalConv1dOptions& options,
                                      const BackendPtr& backend) {
  const std::int64_t filter = filter_shape.given() ? filter_shape.extents().back().value_or(1) : 1;
  return conv1d_grad_wrt_weights(input, output_grad, filter_shape, lowered(options, filter),
                                 backend);
}

}  // namespace convcheck
