#include "fast/bilinear.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "fast/completed_shape.h"
#include "fast/stretch.h"

namespace convcheck {
namespace {

using namespace stretching;  // NOLINT: an internal part of this file

void require_ratio(const char* argument, std::int64_t value) {
  if (value < 1) throw ConvError(ErrorKind::Ratio, argument, std::to_string(value), ">= 1");
}

// An upsampling: its passes, one after the other.
struct Plan {
  std::vector<Pass> passes;

  Shape shape_after(Shape shape) const {
    for (const Pass& pass : passes) shape = stretching::shape_after(pass, shape);
    return shape;
  }
};

Stretch stretch_of(const char* argument, const Ratio& ratio) {
  require_ratio(argument, ratio.numerator);
  require_ratio(argument, ratio.denominator);
  const std::int64_t divisor = std::gcd(ratio.numerator, ratio.denominator);
  return {ratio.numerator / divisor, ratio.denominator / divisor, false};
}

Plan plan_of(const FracRatio& ratio) {
  return {{{stretch_of("frac_ratio", ratio.rows()), Stretch{}},
           {Stretch{}, stretch_of("frac_ratio", ratio.columns())}}};
}

Plan plan_of(const BilinearUpsamplingOptions& options) {
  if (options.ratio.has_value() == options.frac_ratio.given()) {
    throw ConvError(ErrorKind::Ratio, "ratio and frac_ratio",
                    options.frac_ratio.given() ? "both given" : "neither given", "one of them");
  }
  if (options.frac_ratio.given()) {
    if (options.use_1D_kernel) {
      throw ConvError(ErrorKind::Unsupported, "use_1D_kernel", "true", "false for a frac_ratio");
    }
    return plan_of(options.frac_ratio);
  }
  const Stretch both = stretch_of("ratio", {*options.ratio, 1});
  if (options.use_1D_kernel) return {{{both, Stretch{}}, {Stretch{}, both}}};
  return {{{both, both}}};
}

void check_axes(const char* argument, std::size_t axes) {
  if (axes == 4) return;
  throw ConvError(ErrorKind::Rank, argument, std::to_string(axes) + " axes",
                  "4: batch, channels, rows and columns");
}

// The input has rows and columns, and what becomes of them does not overflow.
void check_extents(const Plan& plan, const char* argument, const Shape& shape) {
  for (std::size_t i : {0, 1}) {
    const std::int64_t extent = shape[kRows + i];
    if (extent < 1) {
      throw ConvError(ErrorKind::InputShape,
                      std::string(argument) + "[" + std::to_string(kRows + i) + "]",
                      std::to_string(extent), ">= 1: there is no edge to replicate");
    }
    for (const Pass& pass : plan.passes) {
      element_count({2 * std::min(extent, INT64_MAX / 4) + 2, pass[i].factor}, "ratio");
    }
  }
  element_count(plan.shape_after(shape), "output");
}

constexpr std::int64_t kPortion = std::int64_t{1} << 20;  // elements

// The largest intermediate of one image.
std::int64_t largest_intermediate(const Plan& plan, Shape image) {
  std::int64_t largest = 1;
  image[0] = 1;
  for (const Pass& pass : plan.passes) {
    largest = std::max(largest, element_count(full_shape(pass, image)));
    image = shape_after(pass, image);
  }
  return largest;
}

// Calls `body` with one range of images after the other: so many at once that no intermediate has
// more than kPortion elements, but at least one.
void in_portions(const Plan& plan, const Shape& images,
                 const std::function<void(const Range&)>& body) {
  const std::int64_t at_once =
      std::max<std::int64_t>(1, kPortion / largest_intermediate(plan, images));
  for (std::int64_t first = 0; first < images[0]; first += at_once) {
    body({first, std::min(at_once, images[0] - first)});
  }
}

Shape image_shape(const Shape& shape) {
  return {element_count({shape[0], shape[1]}), 1, shape[kRows], shape[kColumns]};
}

Tensor upsampling(const Plan& plan, const TensorView& input, const BackendPtr& backend) {
  check_reachable("input", input);
  check_extents(plan, "input extent", input.extents);
  const Tensor from = Tensor::copy_of(input);
  const Tensor result(plan.shape_after(input.extents), input.type);
  const TensorView images = reshaped(from, image_shape(input.extents));
  const TensorView upsampled = reshaped(result, image_shape(result.shape()));
  in_portions(plan, images.extents, [&](const Range& range) {
    Tensor part = Tensor::copy_of(slice(images, 0, range));
    for (const Pass& pass : plan.passes) part = stretched(pass, part, backend);
    copy(part, slice(upsampled, 0, range));
  });
  return result;
}

void check_output_grad(const Plan& plan, const Shape& output_grad, const Shape& input) {
  constexpr ErrorKind kKinds[] = {ErrorKind::Batch, ErrorKind::Channels, ErrorKind::OutputShape,
                                  ErrorKind::OutputShape};
  const Shape expected = plan.shape_after(input);
  for (std::size_t axis = 0; axis < 4; ++axis) {
    if (output_grad[axis] == expected[axis]) continue;
    throw ConvError(kKinds[axis], "output_grad's shape", to_string(output_grad),
                    to_string(expected) + ", which input_shape " + to_string(input) + " gives");
  }
}

// The passes backwards, each with the shape that it had forwards.
Tensor images_grad(const Plan& plan, Tensor grad, const Shape& images, const BackendPtr& backend) {
  std::vector<Shape> shapes{images};
  for (const Pass& pass : plan.passes) shapes.push_back(shape_after(pass, shapes.back()));
  for (std::size_t i = plan.passes.size(); i-- > 0;) {
    grad = stretched_adjoint(plan.passes[i], grad, shapes[i], backend);
  }
  return grad;
}

Tensor upsampling_grad(const Plan& plan, const TensorView& output_grad,
                       const ShapeHint& input_shape, const BackendPtr& backend) {
  check_reachable("output_grad", output_grad);
  check_axes("input_shape", input_shape.size());
  const Shape shape =
      completed_shape("input_shape", input_shape, {output_grad.extents[0], output_grad.extents[1]},
                      ErrorKind::InputShape);
  check_extents(plan, "input_shape", shape);
  check_output_grad(plan, output_grad.extents, shape);
  const Tensor from = Tensor::copy_of(output_grad);
  const Tensor result(shape, output_grad.type);
  const TensorView grads = reshaped(from, image_shape(from.shape()));
  const TensorView images = reshaped(result, image_shape(shape));
  in_portions(plan, images.extents, [&](const Range& range) {
    const TensorView to = slice(images, 0, range);
    copy(images_grad(plan, Tensor::copy_of(slice(grads, 0, range)), to.extents, backend), to);
  });
  return result;
}

void check_hint(const char* argument, const std::optional<std::int64_t>& hint, std::int64_t extent,
                ErrorKind kind) {
  if (hint.value_or(extent) == extent) return;
  throw ConvError(kind, argument, std::to_string(*hint), "the tensor's " + std::to_string(extent));
}

void check_hints(const BilinearUpsamplingOptions& options, const char* argument,
                 const Shape& shape) {
  check_axes(argument, shape.size());
  check_hint("batch_size", options.batch_size, shape[0], ErrorKind::Batch);
  check_hint("num_input_channels", options.num_input_channels, shape[1], ErrorKind::Channels);
}

}  // namespace

Tensor bilinear_kernel_1D(std::int64_t ratio, const BilinearKernelOptions& options) {
  const Tensor kernel = bilinear_kernel_2D({1, ratio}, options);
  return Tensor::copy_of(reshaped(kernel, {kernel.size()}));
}

Tensor bilinear_kernel_2D(const KernelRatio& ratio, const BilinearKernelOptions& options) {
  require_ratio("ratio", ratio.rows);
  require_ratio("ratio", ratio.columns);
  const auto extent = [](std::int64_t of) { return element_count({of, 2}, "ratio") - 1; };
  const auto weight = [&](std::int64_t at, std::int64_t of) {
    const auto height = static_cast<double>(at < of ? at + 1 : 2 * of - 1 - at);
    return options.normalize ? height / static_cast<double>(of) : height;
  };
  Tensor kernel({extent(ratio.rows), extent(ratio.columns)}, options.type);
  Index at(2, 0);
  do {
    kernel.set(at, weight(at[0], ratio.rows) * weight(at[1], ratio.columns));
  } while (advance(at, kernel.shape()));
  return kernel;
}

Tensor bilinear_upsampling(const TensorView& input, const BilinearUpsamplingOptions& options,
                           const BackendPtr& backend) {
  const Plan plan = plan_of(options);
  check_hints(options, "input", input.extents);
  return upsampling(plan, input, backend);
}

Tensor frac_bilinear_upsampling(const TensorView& input, const FracRatio& frac_ratio,
                                const BackendPtr& backend) {
  return bilinear_upsampling(input, {.frac_ratio = frac_ratio, .use_1D_kernel = false}, backend);
}

Shape bilinear_upsampling_shape(const Shape& shape, const BilinearUpsamplingOptions& options) {
  const Plan plan = plan_of(options);
  check_hints(options, "input", shape);
  check_extents(plan, "input extent", shape);
  return plan.shape_after(shape);
}

Tensor bilinear_upsampling_grad_wrt_inputs(const TensorView& output_grad,
                                           const ShapeHint& input_shape,
                                           const BilinearUpsamplingOptions& options,
                                           const BackendPtr& backend) {
  const Plan plan = plan_of(options);
  check_hints(options, "output_grad", output_grad.extents);
  return upsampling_grad(plan, output_grad, input_shape, backend);
}

Tensor frac_bilinear_upsampling_grad_wrt_inputs(const TensorView& output_grad,
                                                const FracRatio& frac_ratio,
                                                const ShapeHint& input_shape,
                                                const BackendPtr& backend) {
  return bilinear_upsampling_grad_wrt_inputs(
      output_grad, input_shape, {.frac_ratio = frac_ratio, .use_1D_kernel = false}, backend);
}

}  // namespace convcheck
