#include "fast/conv.h"

#include <string>

#include "fast/call.h"
#include "fast/completed_shape.h"
#include "fast/words.h"
#include "reference/problem.h"

namespace convcheck {
namespace {

// What the functions of all ranks share.
struct Setting {
  std::size_t rank;
  const ConvOptions& options;
  const BackendPtr& backend;

  std::size_t filter_axes() const { return 2 + rank + (options.unshared ? rank : 0); }
  ConvParameters parameters() const {
    return {.border_mode = options.border_mode,
            .subsample = options.subsample,
            .filter_flip = options.filter_flip,
            .filter_dilation = options.filter_dilation,
            .num_groups = options.num_groups,
            .unshared = options.unshared};
  }
};

// The input and both of its hints.
void check_input(const Setting& setting, const Shape& shape) {
  const ConvOptions& options = setting.options;
  if (options.input_shape.given() && options.image_shape.given()) {
    throw ConvError(ErrorKind::InputShape, "image_shape", to_string(options.image_shape.extents()),
                    "nothing beside input_shape, whose deprecated alias it is");
  }
  check_hint("input_shape", options.input_shape, shape, ErrorKind::InputShape);
  check_hint("image_shape", options.image_shape, shape, ErrorKind::InputShape);
}

void check_filters(const Setting& setting, const Shape& shape) {
  check_axes("filters", shape, setting.filter_axes());
  check_hint("filter_shape", setting.options.filter_shape, shape, ErrorKind::FilterShape);
}

Tensor forward(const Setting& setting, const TensorView& input, const TensorView& filters) {
  check_axes("input", input.extents, 2 + setting.rank);
  check_filters(setting, filters.extents);
  check_input(setting, input.extents);
  const ConvProblem problem =
      make_problem(Direction::Forward, input.extents, filters.extents, setting.parameters());
  return call(setting.backend, problem, {"input", input}, {"filters", filters});
}

Tensor grad_inputs(const Setting& setting, const TensorView& output_grad, const TensorView& filters,
                   const ShapeHint& input_shape) {
  const std::size_t rank = setting.rank;
  check_axes("output_grad", output_grad.extents, 2 + rank);
  check_filters(setting, filters.extents);
  check_axes("input_shape", input_shape.extents(), 2 + rank);
  const std::int64_t channels =
      all_channels(filters.extents[filters.rank() - rank - 1], setting.options.num_groups);
  const Shape input = completed_shape("input_shape", input_shape,
                                      {output_grad.extents[0], channels}, ErrorKind::InputShape);
  check_input(setting, input);
  const ConvProblem problem = make_problem(Direction::GradInputs, input, filters.extents,
                                           setting.parameters(), output_grad.extents);
  return call(setting.backend, problem, {"filters", filters}, {"output_grad", output_grad});
}

Tensor grad_weights(const Setting& setting, const TensorView& input, const TensorView& output_grad,
                    const ShapeHint& filter_shape) {
  const std::size_t rank = setting.rank;
  check_axes("input", input.extents, 2 + rank);
  check_axes("output_grad", output_grad.extents, 2 + rank);
  check_input(setting, input.extents);
  check_axes("filter_shape", filter_shape.extents(), setting.filter_axes());
  Shape deduced{output_grad.extents[1]};
  for (std::size_t i = 0; setting.options.unshared && i < rank; ++i) {
    deduced.push_back(output_grad.extents[2 + i]);
  }
  deduced.push_back(group_channels(input.extents[1], setting.options.num_groups));
  const Shape filters =
      completed_shape("filter_shape", filter_shape, deduced, ErrorKind::FilterShape);
  check_filters(setting, filters);
  const ConvProblem problem = make_problem(Direction::GradWeights, input.extents, filters,
                                           setting.parameters(), output_grad.extents);
  return call(setting.backend, problem, {"input", input}, {"output_grad", output_grad});
}

ConvOptions options_of(const ConvTransposeOptions& options) {
  return {.filter_shape = options.filter_shape,
          .border_mode = options.border_mode,
          .subsample = options.input_dilation,
          .filter_flip = options.filter_flip,
          .filter_dilation = options.filter_dilation,
          .num_groups = options.num_groups,
          .unshared = options.unshared};
}

// Errors speak of the convolution that is transposed; these are its words and those of the caller.
constexpr Word kValueWords[] = {{"input", "output"},
                                {"input_shape", "output_shape"},
                                {"output", "input"},
                                {"output_grad", "input"},
                                {"subsample", "input_dilation"}};
constexpr Word kGradientWords[] = {{"input", "output_grad"},
                                   {"input_shape", "output_shape"},
                                   {"output", "input"},
                                   {"output_grad", "input"},
                                   {"subsample", "input_dilation"}};

Tensor transpose(const Setting& setting, const TensorView& input, const TensorView& filters,
                 const ShapeHint& output_shape) {
  return in_words(kValueWords, [&] { return grad_inputs(setting, input, filters, output_shape); });
}

Tensor transpose_grad_inputs(const Setting& setting, const TensorView& output_grad,
                             const TensorView& filters) {
  return in_words(kGradientWords, [&] { return forward(setting, output_grad, filters); });
}

Tensor transpose_grad_weights(const Setting& setting, const TensorView& input,
                              const TensorView& output_grad, const ShapeHint& filter_shape) {
  return in_words(kGradientWords,
                  [&] { return grad_weights(setting, output_grad, input, filter_shape); });
}

}  // namespace

Tensor conv1d(const TensorView& input, const TensorView& filters, const Conv1dOptions& options,
              const BackendPtr& backend) {
  return forward({1, options, backend}, input, filters);
}

Tensor conv2d(const TensorView& input, const TensorView& filters, const Conv2dOptions& options,
              const BackendPtr& backend) {
  return forward({2, options, backend}, input, filters);
}

Tensor conv3d(const TensorView& input, const TensorView& filters, const Conv3dOptions& options,
              const BackendPtr& backend) {
  return forward({3, options, backend}, input, filters);
}

Tensor conv1d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& input_shape, const Conv1dOptions& options,
                              const BackendPtr& backend) {
  return grad_inputs({1, options, backend}, output_grad, filters, input_shape);
}

Tensor conv2d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& input_shape, const Conv2dOptions& options,
                              const BackendPtr& backend) {
  return grad_inputs({2, options, backend}, output_grad, filters, input_shape);
}

Tensor conv3d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& input_shape, const Conv3dOptions& options,
                              const BackendPtr& backend) {
  return grad_inputs({3, options, backend}, output_grad, filters, input_shape);
}

Tensor conv1d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                               const ShapeHint& filter_shape, const Conv1dOptions& options,
                               const BackendPtr& backend) {
  return grad_weights({1, options, backend}, input, output_grad, filter_shape);
}

Tensor conv2d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                               const ShapeHint& filter_shape, const Conv2dOptions& options,
                               const BackendPtr& backend) {
  return grad_weights({2, options, backend}, input, output_grad, filter_shape);
}

Tensor conv3d_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                               const ShapeHint& filter_shape, const Conv3dOptions& options,
                               const BackendPtr& backend) {
  return grad_weights({3, options, backend}, input, output_grad, filter_shape);
}

Tensor conv2d_transpose(const TensorView& input, const TensorView& filters,
                        const ShapeHint& output_shape, const ConvTransposeOptions& options,
                        const BackendPtr& backend) {
  return transpose({2, options_of(options), backend}, input, filters, output_shape);
}

Tensor conv3d_transpose(const TensorView& input, const TensorView& filters,
                        const ShapeHint& output_shape, const ConvTransposeOptions& options,
                        const BackendPtr& backend) {
  return transpose({3, options_of(options), backend}, input, filters, output_shape);
}

Tensor conv2d_transpose_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                                        const ConvTransposeOptions& options,
                                        const BackendPtr& backend) {
  return transpose_grad_inputs({2, options_of(options), backend}, output_grad, filters);
}

Tensor conv3d_transpose_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                                        const ConvTransposeOptions& options,
                                        const BackendPtr& backend) {
  return transpose_grad_inputs({3, options_of(options), backend}, output_grad, filters);
}

Tensor conv2d_transpose_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                                         const ShapeHint& filter_shape,
                                         const ConvTransposeOptions& options,
                                         const BackendPtr& backend) {
  return transpose_grad_weights({2, options_of(options), backend}, input, output_grad,
                                filter_shape);
}

Tensor conv3d_transpose_grad_wrt_weights(const TensorView& input, const TensorView& output_grad,
                                         const ShapeHint& filter_shape,
                                         const ConvTransposeOptions& options,
                                         const BackendPtr& backend) {
  return transpose_grad_weights({3, options_of(options), backend}, input, output_grad,
                                filter_shape);
}

}  // namespace convcheck
