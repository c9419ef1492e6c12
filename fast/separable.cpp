#include "fast/separable.h"

#include <algorithm>
#include <string>

#include "fast/completed_shape.h"
#include "fast/words.h"

namespace convcheck {
namespace {

constexpr Word kDepthwise[] = {{"filters", "depthwise_filters"},
                               {"filter_shape", "depthwise_filter_shape"},
                               {"num_groups", "num_channels"},
                               {"output", "depthwise stage's output"},
                               {"output_grad", "the pointwise stage's gradient"}};
constexpr Word kPointwise[] = {{"filters", "pointwise_filters"},
                               {"filter_shape", "pointwise_filter_shape"},
                               {"input", "depthwise stage's output"},
                               {"input_shape", "depthwise stage's output"}};

// What the functions of both ranks share, and the two stages in terms of fast/conv.h.
class Separable {
 public:
  Separable(std::size_t rank, const SeparableConvOptions& options, const BackendPtr& backend)
      : rank_(rank), options_(options), backend_(backend) {}

  Shape shape(const Shape& input, const Shape& depthwise, const Shape& pointwise) const {
    check_axes("input", input.size());
    check_pointwise(pointwise);
    check_channels(input[1]);
    check_hint("input_shape", options_.input_shape, input, ErrorKind::InputShape);
    check_hint("depthwise_filter_shape", options_.depthwise_filter_shape, depthwise,
               ErrorKind::FilterShape);
    const Shape middle = middle_shape(input, depthwise);
    return in_words(kPointwise, [&] {
      return make_problem(Direction::Forward, middle, pointwise, {}).y_shape();
    });
  }

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
    const TensorView filters = grouped(depthwise, *channels);
    return in_words(kDepthwise, [&] {
      return (rank_ == 2 ? conv2d_grad_wrt_inputs : conv3d_grad_wrt_inputs)(
          middle, filters, input, depthwise_options(*channels), backend_);
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
    if (input.extents[1] == 0) return Tensor(depthwise, input.type);
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

  // No channels are one group of none.
  ConvOptions depthwise_options(std::int64_t channels) const {
    check_channels(channels);
    return {.input_shape = options_.input_shape,
            .filter_shape = channels > 0 ? options_.depthwise_filter_shape : ShapeHint(),
            .border_mode = options_.border_mode,
            .subsample = options_.subsample,
            .filter_flip = options_.filter_flip,
            .filter_dilation = options_.filter_dilation,
            .num_groups = std::max<std::int64_t>(channels, 1)};
  }
  // The shape of the depthwise filters as those of a grouped convolution: without channels, none
  // read any.
  Shape grouped(Shape depthwise, std::int64_t channels) const {
    if (channels > 0 || depthwise.size() != 2 + rank_) return depthwise;
    check_hint("depthwise_filter_shape", options_.depthwise_filter_shape, depthwise,
               ErrorKind::FilterShape);
    if (depthwise[0] != 0) {
      throw ConvError(ErrorKind::Groups, "num_channels", "0",
                      "a divisor of the " + std::to_string(depthwise[0]) + " depthwise_filters");
    }
    if (depthwise[1] != 1) {
      throw ConvError(ErrorKind::Channels, "depthwise_filters' channels",
                      std::to_string(depthwise[1]), "1");
    }
    depthwise[1] = 0;
    return depthwise;
  }
  TensorView grouped(TensorView depthwise, std::int64_t channels) const {
    depthwise.extents = grouped(depthwise.extents, channels);
    return depthwise;
  }

  ConvOptions pointwise_options() const { return {.filter_flip = options_.filter_flip}; }

  Tensor convolved(Words words, const TensorView& input, const TensorView& filters,
                   const ConvOptions& options) const {
    return in_words(
        words, [&] { return (rank_ == 2 ? conv2d : conv3d)(input, filters, options, backend_); });
  }

  Tensor depthwise_output(const TensorView& input, const TensorView& depthwise) const {
    check_axes("input", input.rank());
    const std::int64_t channels = input.extents[1];
    return convolved(kDepthwise, input, grouped(depthwise, channels), depthwise_options(channels));
  }

  // The shape of the depthwise stage's output.
  Shape middle_shape(const Shape& input, const Shape& depthwise) const {
    const Shape filters = grouped(depthwise, input[1]);
    const ConvParameters parameters{.border_mode = options_.border_mode,
                                    .subsample = options_.subsample,
                                    .filter_dilation = options_.filter_dilation,
                                    .num_groups = std::max<std::int64_t>(input[1], 1)};
    return in_words(kDepthwise, [&] {
      return make_problem(Direction::Forward, input, filters, parameters).y_shape();
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

Shape separable_conv_shape(const Shape& input, const Shape& depthwise_filters,
                           const Shape& pointwise_filters, const SeparableConvOptions& options) {
  const std::size_t rank = input.size() == 5 ? 3 : 2;
  return Separable(rank, options, nullptr).shape(input, depthwise_filters, pointwise_filters);
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
