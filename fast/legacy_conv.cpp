#include "fast/legacy_conv.h"

#include <algorithm>
#include <string>

#include "fast/conv.h"
#include "reference/problem.h"

namespace convcheck::conv {
namespace {

void check_logical(const char* argument, const Dims& logical) {
  if (logical.empty()) return;
  throw ConvError(ErrorKind::Unsupported, argument, to_string(logical),
                  "nothing: insert the zeros into the tensor");
}

void check_hints_agree(const ShapeHint& image, const ShapeHint& filter) {
  if (image.size() != 4 || filter.size() != 4 || !image[1] || !filter[1] || image[1] == filter[1])
    return;
  throw ConvError(ErrorKind::Channels, "filter_shape[1]", std::to_string(*filter[1]),
                  "the channels of image_shape, " + std::to_string(*image[1]));
}

// What all three refuse, and the conv2d that is left.
Conv2dOptions lowered(const Options& options) {
  check_logical("imshp_logical", options.imshp_logical);
  check_logical("kshp_logical", options.kshp_logical);
  check_hints_agree(options.image_shape, options.filter_shape);
  const BorderMode& border = options.border_mode;
  if (!(border == BorderMode(valid) || border == BorderMode(full))) {
    throw ConvError(ErrorKind::BorderMode, "border_mode", to_string(border), "valid or full");
  }
  return {.filter_shape = options.filter_shape,
          .border_mode = border,
          .subsample = options.subsample,
          .image_shape = options.image_shape};
}

void check_same_type(const char* argument, const TensorView& a, const TensorView& b) {
  if (a.type == b.type) return;
  throw ConvError(ErrorKind::DataType, std::string(argument) + "'s type", to_string(a.type),
                  std::string("the same as the other operand's, ") + to_string(b.type));
}

void require_complete(const char* argument, const ShapeHint& hint, ErrorKind kind) {
  const OptionalShape& extents = hint.extents();
  if (hint.given() && std::count(extents.begin(), extents.end(), std::nullopt) == 0) return;
  throw ConvError(kind, argument, to_string(extents),
                  "all extents, for the gradient of a full convolution with a stride of 2");
}

}  // namespace

// The original's gradients are disabled for most strides.
void check_gradient(const Options& options) {
  const Dims& subsample = options.subsample;
  if (std::all_of(subsample.begin(), subsample.end(), [](auto stride) { return stride == 1; }))
    return;
  const bool is_full = options.border_mode == BorderMode(full);
  const bool small =
      std::all_of(subsample.begin(), subsample.end(), [](auto stride) { return stride <= 2; });
  if (!is_full || !small) {
    throw ConvError(ErrorKind::Unsupported, "subsample", to_string(subsample),
                    is_full ? "at most 2 in a gradient" : "1 in a gradient of a valid convolution");
  }
  require_complete("image_shape", options.image_shape, ErrorKind::InputShape);
  require_complete("filter_shape", options.filter_shape, ErrorKind::FilterShape);
}

Shape conv2d_shape(const Shape& input, const Shape& filters, const Options& options) {
  const Conv2dOptions modern = lowered(options);
  check_axes("input", input, 4);
  check_hint("image_shape", modern.image_shape, input, ErrorKind::InputShape);
  check_hint("filter_shape", modern.filter_shape, filters, ErrorKind::FilterShape);
  return make_problem(Direction::Forward, input, filters,
                      {.border_mode = modern.border_mode, .subsample = modern.subsample})
      .y_shape();
}

Tensor conv2d(const TensorView& input, const TensorView& filters, const Options& options,
              const BackendPtr& backend) {
  const Conv2dOptions modern = lowered(options);
  check_same_type("filters", filters, input);
  return convcheck::conv2d(input, filters, modern, backend);
}

Tensor conv2d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& input_shape, const Options& options,
                              const BackendPtr& backend) {
  const Conv2dOptions modern = lowered(options);
  check_gradient(options);
  check_same_type("output_grad", output_grad, filters);
  return convcheck::conv2d_grad_wrt_inputs(output_grad, filters, input_shape, modern, backend);
}

Tensor conv2d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                               const ShapeHint& filter_shape, const Options& options,
                               const BackendPtr& backend) {
  const Conv2dOptions modern = lowered(options);
  check_gradient(options);
  check_same_type("output_grad", output_grad, input);
  return convcheck::conv2d_grad_wrt_weights(input, output_grad, filter_shape, modern, backend);
}

}  // namespace convcheck::conv
