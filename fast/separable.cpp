#include "fast/separable.h"

#include <string>

#include "fast/completed_shape.h"
#include "fast/words.h"

namespace convcheck {
namespace {

constexpr Word kDepthwise[] = {{"filters", "depthwise_filters"},
                               {"filter_shape", "depthwise_filter_shape"},
                               {"num_groups", "num_channels"},
                               {"output_grad", "the pointwise stage's gradient"}};
constexpr Word kPointwise[] = {{"filters", "pointwise_filters"},
                               {"filter_shape", "pointwise_filter_shape"},
                               {"input", "the depthwise stage's output"},
                               {"input_shape", "the depthwise stage's output"}};

// What the functions of both ranks share, and the two stages in terms of fast/conv.h.
class Separable {
 public:
  Separable(std::size_t rank, const SeparableConvOptions& options, const BackendPtr& backend)
      : rank_(rank), options_(options), backend_(backend) {}

  Tensor forward(const TensorView& input, const TensorView& depthwise,
                 const TensorView& pointwise) const {
    check_axes("input", input.rank());
    check_pointwise(pointwise.extents);
    return convolved(kPointwise, depthwise_output(input, depthwise), pointwise,
                     pointwise_options());
  }

  Tensor grad_inputs(const TensorView& output_grad, const TensorView& depthwise,
                     const TensorView& pointwise) const {
    check_axes("output_grad", output_grad.rank());
    check_axes("input_shape", options_.input_shape.size());
    check_pointwise(pointwise.extents);
    const OptionalExtent channels =
        options_.input_shape[1].has_value() ? options_.input_shape[1] : options_.num_channels;
    if (!channels.has_value()) {
      throw ConvError(ErrorKind::InputShape, "input_shape[1]", "unknown",
                      "a number, or num_channels");
    }
    const Shape input = completed_shape("input_shape", options_.input_shape,
                                        {output_grad.extents[0], *channels}, ErrorKind::InputShape);
    const Tensor middle =
        middle_grad(output_grad, pointwise, middle_shape(input, depthwise.extents));
    return in_words(kDepthwise, [&] {
      return (rank_ == 2 ? conv2d_grad_wrt_inputs : conv3d_grad_wrt_inputs)(
          middle, depthwise, input, depthwise_options(*channels), backend_);
    });
  }

  Tensor grad_depthwise(const TensorView& input, const TensorView& pointwise,
                        const TensorView& output_grad) const {
    check_axes("input", input.rank());
    check_axes("depthwise_filter_shape", options_.depthwise_filter_shape.size());
    check_pointwise(pointwise.extents);
    const Shape depthwise =
        completed_shape("depthwise_filter_shape", options_.depthwise_filter_shape,
                        {pointwise.extents[1], 1}, ErrorKind::FilterShape);
    const Tensor middle =
        middle_grad(output_grad, pointwise, middle_shape(input.extents, depthwise));
    return in_words(kDepthwise, [&] {
      return (rank_ == 2 ? conv2d_grad_wrt_weights : conv3d_grad_wrt_weights)(
          input, middle, depthwise, depthwise_options(input.extents[1]), backend_);
    });
  }

  Tensor grad_pointwise(const TensorView& input, const TensorView& depthwise,
                        const TensorView& output_grad) const {
    check_axes("output_grad", output_grad.rank());
    const Tensor middle = depthwise_output(input, depthwise);
    Shape pointwise{output_grad.extents[1], middle.shape()[1]};
    for (std::size_t i = 2; i < 2 + rank_; ++i) {
      pointwise.push_back(middle.shape()[i] - output_grad.extents[i] + 1);
    }
    check_pointwise(pointwise);
    return in_words(kPointwise, [&] {
      return (rank_ == 2 ? conv2d_grad_wrt_weights : conv3d_grad_wrt_weights)(
          middle, output_grad, pointwise, pointwise_options(), backend_);
    });
  }

 private:
  void check_axes(const char* argument, std::size_t axes) const {
    if (axes == 2 + rank_) return;
    throw ConvError(ErrorKind::Rank, argument, std::to_string(axes) + " axes",
                    std::to_string(2 + rank_));
  }

  void check_channels(std::int64_t channels) const {
    if (options_.num_channels.value_or(channels) == channels) return;
    throw ConvError(ErrorKind::Channels, "num_channels", std::to_string(*options_.num_channels),
                    "the input's " + std::to_string(channels));
  }

  void check_pointwise(const Shape& shape) const {
    check_axes("pointwise_filters", shape.size());
    check_hint("pointwise_filter_shape", options_.pointwise_filter_shape, shape,
               ErrorKind::FilterShape);
  }

  ConvOptions depthwise_options(std::int64_t channels) const {
    check_channels(channels);
    return {.input_shape = options_.input_shape,
            .filter_shape = options_.depthwise_filter_shape,
            .border_mode = options_.border_mode,
            .subsample = options_.subsample,
            .filter_flip = options_.filter_flip,
            .filter_dilation = options_.filter_dilation,
            .num_groups = channels};
  }
  ConvOptions pointwise_options() const { return {.filter_flip = options_.filter_flip}; }

  Tensor convolved(Words words, const TensorView& input, const TensorView& filters,
                   const ConvOptions& options) const {
    return in_words(
        words, [&] { return (rank_ == 2 ? conv2d : conv3d)(input, filters, options, backend_); });
  }

  Tensor depthwise_output(const TensorView& input, const TensorView& depthwise) const {
    check_axes("input", input.rank());
    return convolved(kDepthwise, input, depthwise, depthwise_options(input.extents[1]));
  }

  // The shape of the depthwise stage's output.
  Shape middle_shape(const Shape& input, const Shape& depthwise) const {
    const ConvParameters parameters{.border_mode = options_.border_mode,
                                    .subsample = options_.subsample,
                                    .filter_dilation = options_.filter_dilation,
                                    .num_groups = input[1]};
    return in_words(kDepthwise, [&] {
      return make_problem(Direction::Forward, input, depthwise, parameters).y_shape();
    });
  }

  // The gradient with respect to the depthwise stage's output.
  Tensor middle_grad(const TensorView& output_grad, const TensorView& pointwise,
                     const Shape& middle) const {
    return in_words(kPointwise, [&] {
      return (rank_ == 2 ? conv2d_grad_wrt_inputs : conv3d_grad_wrt_inputs)(
          output_grad, pointwise, middle, pointwise_options(), backend_);
    });
  }

  std::size_t rank_;
  const SeparableConvOptions& options_;
  const BackendPtr& backend_;
};

}  // namespace

Tensor separable_conv2d(const TensorView& input, const TensorView& depthwise_filters,
                        const TensorView& pointwise_filters, const SeparableConvOptions& options,
                        const BackendPtr& backend) {
  return Separable(2, options, backend).forward(input, depthwise_filters, pointwise_filters);
}

Tensor separable_conv3d(const TensorView& input, const TensorView& depthwise_filters,
                        const TensorView& pointwise_filters, const SeparableConvOptions& options,
                        const BackendPtr& backend) {
  return Separable(3, options, backend).forward(input, depthwise_filters, pointwise_filters);
}

Tensor separable_conv2d_grad_wrt_inputs(const TensorView& output_grad,
                                        const TensorView& depthwise_filters,
                                        const TensorView& pointwise_filters,
                                        const SeparableConvOptions& options,
                                        const BackendPtr& backend) {
  return Separable(2, options, backend)
      .grad_inputs(output_grad, depthwise_filters, pointwise_filters);
}

Tensor separable_conv3d_grad_wrt_inputs(const TensorView& output_grad,
                                        const TensorView& depthwise_filters,
                                        const TensorView& pointwise_filters,
                                        const SeparableConvOptions& options,
                                        const BackendPtr& backend) {
  return Separable(3, options, backend)
      .grad_inputs(output_grad, depthwise_filters, pointwise_filters);
}

Tensor separable_conv2d_grad_wrt_depthwise(const TensorView& input,
                                           const TensorView& pointwise_filters,
                                           const TensorView& output_grad,
                                           const SeparableConvOptions& options,
                                           const BackendPtr& backend) {
  return Separable(2, options, backend).grad_depthwise(input, pointwise_filters, output_grad);
}

Tensor separable_conv3d_grad_wrt_depthwise(const TensorView& input,
                                           const TensorView& pointwise_filters,
                                           const TensorView& output_grad,
                                           const SeparableConvOptions& options,
                                           const BackendPtr& backend) {
  return Separable(3, options, backend).grad_depthwise(input, pointwise_filters, output_grad);
}

Tensor separable_conv2d_grad_wrt_pointwise(const TensorView& input,
                                           const TensorView& depthwise_filters,
                                           const TensorView& output_grad,
                                           const SeparableConvOptions& options,
                                           const BackendPtr& backend) {
  return Separable(2, options, backend).grad_pointwise(input, depthwise_filters, output_grad);
}

Tensor separable_conv3d_grad_wrt_pointwise(const TensorView& input,
                                           const TensorView& depthwise_filters,
                                           const TensorView& output_grad,
                                           const SeparableConvOptions& options,
                                           const BackendPtr& backend) {
  return Separable(3, options, backend).grad_pointwise(input, depthwise_filters, output_grad);
}

}  // namespace convcheck
