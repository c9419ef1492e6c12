#include "fast/operators.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "fast/call.h"

namespace convcheck {
namespace {

// One entry an axis, each at least 1.
Dims entries(const char* argument, const Dims& given, std::size_t convdim, ErrorKind kind) {
  const Dims values = given.empty() ? Dims(convdim, 1) : given;
  check_axes(argument, values, convdim);
  for (const std::int64_t value : values) {
    if (!(value >= 1)) throw ConvError(kind, argument, to_string(given), "entries >= 1");
  }
  return values;
}

BorderMode normalised(const BorderMode& border, std::size_t convdim) {
  border.pads(Dims(convdim, 1));  // throws for a border that no convolution has
  const BorderMode canonical = border.canonical();
  const AxisBorder& first = canonical.entries().front();
  if (!canonical.every_axis() || first.kind != AxisBorder::Kind::Pad) return canonical;
  return BorderMode(std::vector<AxisBorder>(convdim, first));
}

bool is_known(const OptionalShape& shape) {
  return std::all_of(shape.begin(), shape.end(),
                     [](const OptionalExtent& extent) { return extent.has_value(); });
}

Shape known(const OptionalShape& shape) {
  Shape extents;
  for (const OptionalExtent& extent : shape) extents.push_back(extent.value());
  return extents;
}

ConvProblem towards(Direction direction, ConvProblem problem) {
  problem.direction = direction;
  return problem;
}

// The tangent of the operand of that name and shape, or the cotangent.
NamedOperand checked(const char* name, const TensorView& tangent, const Shape& shape) {
  if (tangent.extents == shape) return {name, tangent};
  throw ConvError(ErrorKind::InputShape, "shape of the (co)tangent of " + std::string(name),
                  to_string(tangent.extents), to_string(shape));
}

// The problem's answer in the wider type of `a` and `b`, rounded to `type`.
Tensor derivative(const ConvProblem& problem, const NamedOperand& a, const NamedOperand& b,
                  DataType type, const BackendPtr& backend) {
  const bool widen =
      size_of(a.view.type) < size_of(b.view.type) && (a.view.data != nullptr || a.view.empty());
  const Tensor widened = widen ? Tensor::copy_of(a.view, b.view.type) : Tensor();
  Tensor result = call(backend, problem, {a.name, widen ? widened.view() : a.view}, b);
  return result.type() == type ? std::move(result) : Tensor::copy_of(result, type);
}

void add(const Tensor& term, Tensor& sum) {
  if (term.size() == 0) return;
  Index at(term.shape().size(), 0);
  do sum.set(at, sum.at(at) + term.at(at));
  while (advance(at, term.shape()));
}

// The two tensors that a problem's direction reads, in the order x, w, y, and their tangents.
struct Along {
  NamedOperand a, b;
  const std::optional<TensorView>& a_tangent;
  const std::optional<TensorView>& b_tangent;
};

// The product rule of a bilinear map.
Tensor derivative_along(const ConvProblem& problem, const Along& along, const BackendPtr& backend) {
  const DataType type = along.a.view.type;
  Tensor sum(problem.result_shape(), type);
  if (along.a_tangent.has_value()) {
    const NamedOperand a = checked(along.a.name, *along.a_tangent, along.a.view.extents);
    add(derivative(problem, a, along.b, type, backend), sum);
  }
  if (along.b_tangent.has_value()) {
    const NamedOperand b = checked(along.b.name, *along.b_tangent, along.b.view.extents);
    add(derivative(problem, along.a, b, type, backend), sum);
  }
  return sum;
}

}  // namespace

BaseAbstractConv::BaseAbstractConv(std::size_t convdim, AbstractConvParameters parameters)
    : convdim_(convdim), parameters_(std::move(parameters)) {
  if (convdim < 1 || convdim > 3) {
    throw ConvError(ErrorKind::Rank, "convdim", std::to_string(convdim), "1, 2 or 3");
  }
  AbstractConvParameters& own = parameters_;
  own.border_mode = normalised(own.border_mode, convdim);
  own.subsample = entries("subsample", own.subsample, convdim, ErrorKind::Stride);
  own.filter_dilation =
      entries("filter_dilation", own.filter_dilation, convdim, ErrorKind::Dilation);
  if (!(own.num_groups >= 1)) {
    throw ConvError(ErrorKind::Groups, "num_groups", std::to_string(own.num_groups), ">= 1");
  }
  if (own.imshp.given()) check_axes("imshp", own.imshp.extents(), input_axes());
  if (own.kshp.given()) check_axes("kshp", own.kshp.extents(), filter_axes());
}

ConvProblem BaseAbstractConv::problem(Direction direction, const Shape& x, const Shape& w,
                                      const Shape& y) const {
  check_axes("input", x, input_axes());
  check_axes("filters", w, filter_axes());
  check_hint("imshp", parameters_.imshp, x, ErrorKind::InputShape);
  check_hint("kshp", parameters_.kshp, w, ErrorKind::FilterShape);
  return make_problem(direction, x, w,
                      {.border_mode = parameters_.border_mode,
                       .subsample = parameters_.subsample,
                       .filter_flip = parameters_.filter_flip,
                       .filter_dilation = parameters_.filter_dilation,
                       .num_groups = parameters_.num_groups,
                       .unshared = parameters_.unshared},
                      y);
}

OptionalShape BaseAbstractConv::merged(const char* argument, const ShapeHint& shape,
                                       const ShapeHint& hint, std::size_t axes) {
  OptionalShape extents = shape.given() ? shape.extents() : OptionalShape(axes);
  check_axes(argument, extents, axes);
  for (std::size_t i = 0; hint.given() && i < axes; ++i) {
    if (!extents[i].has_value()) extents[i] = hint[i];
    if (!hint[i].has_value() || extents[i] == hint[i]) continue;
    throw ConvError(ErrorKind::InputShape, std::string(argument) + "[" + std::to_string(i) + "]",
                    std::to_string(*extents[i]), "the declared " + to_string(hint.extents()));
  }
  return extents;
}

OptionalShape BaseAbstractConv::input_shape(const OptionalShape& filters,
                                            const OptionalShape& output,
                                            const Shape& extents) const {
  check_axes("filters", filters, filter_axes());
  check_axes("output_grad", output, input_axes());
  check_axes("shape", extents, convdim_);
  OptionalExtent channels = filters[filter_axes() - convdim_ - 1];
  if (channels.has_value()) channels = all_channels(*channels, parameters_.num_groups);
  OptionalShape shape{output[0], channels};
  shape.insert(shape.end(), extents.begin(), extents.end());
  return merged("input_grad", shape, parameters_.imshp, input_axes());
}

OptionalShape BaseAbstractConv::filter_shape(const OptionalShape& input,
                                             const OptionalShape& output,
                                             const Shape& extents) const {
  check_axes("input", input, input_axes());
  check_axes("output_grad", output, input_axes());
  check_axes("shape", extents, convdim_);
  OptionalShape shape{output[1]};
  if (parameters_.unshared) shape.insert(shape.end(), output.begin() + 2, output.end());
  OptionalExtent channels = input[1];
  if (channels.has_value()) channels = group_channels(*channels, parameters_.num_groups);
  shape.push_back(channels);
  shape.insert(shape.end(), extents.begin(), extents.end());
  return merged("filters_grad", shape, parameters_.kshp, filter_axes());
}

Tensor AbstractConv::operator()(const TensorView& input, const TensorView& filters,
                                const BackendPtr& backend) const {
  return call(backend, problem(Direction::Forward, input.extents, filters.extents),
              {"input", input}, {"filters", filters});
}

OptionalShape AbstractConv::infer_shape(const ShapeHint& input, const ShapeHint& filters) const {
  const AbstractConvParameters& own = parameters();
  const OptionalShape x = merged("input", input, own.imshp, input_axes());
  const OptionalShape w = merged("filters", filters, own.kshp, filter_axes());
  if (is_known(x) && is_known(w)) {
    return optional_shape(problem(Direction::Forward, known(x), known(w)).y_shape());
  }
  return get_conv_output_shape(x, w,
                               {.border_mode = own.border_mode,
                                .subsample = optional_shape(own.subsample),
                                .filter_dilation = optional_shape(own.filter_dilation)});
}

AbstractConv::Gradients AbstractConv::grad(const TensorView& input, const TensorView& filters,
                                           const TensorView& cotangent,
                                           const BackendPtr& backend) const {
  const ConvProblem forward = problem(Direction::Forward, input.extents, filters.extents);
  const NamedOperand y = checked("cotangent", cotangent, forward.y_shape());
  return {.input = derivative(towards(Direction::GradInputs, forward), {"filters", filters}, y,
                              input.type, backend),
          .filters = derivative(towards(Direction::GradWeights, forward), {"input", input}, y,
                                filters.type, backend)};
}

Tensor AbstractConv::R_op(const TensorView& input, const TensorView& filters,
                          const Tangents& tangents, const BackendPtr& backend) const {
  return derivative_along(
      problem(Direction::Forward, input.extents, filters.extents),
      {{"input", input}, {"filters", filters}, tangents.input, tangents.filters}, backend);
}

ConvProblem AbstractConv_gradInputs::lowered(const Shape& filters, const Shape& output_grad,
                                             const Shape& shape) const {
  const Shape input =
      known(input_shape(optional_shape(filters), optional_shape(output_grad), shape));
  return problem(Direction::GradInputs, input, filters, output_grad);
}

Tensor AbstractConv_gradInputs::operator()(const TensorView& filters, const TensorView& output_grad,
                                           const Shape& shape, const BackendPtr& backend) const {
  return call(backend, lowered(filters.extents, output_grad.extents, shape), {"filters", filters},
              {"output_grad", output_grad});
}

OptionalShape AbstractConv_gradInputs::infer_shape(const ShapeHint& filters,
                                                   const ShapeHint& output_grad,
                                                   const Shape& shape) const {
  const OptionalShape w = merged("filters", filters, parameters().kshp, filter_axes());
  const OptionalShape y = merged("output_grad", output_grad, {}, input_axes());
  if (is_known(w) && is_known(y)) {
    return optional_shape(lowered(known(w), known(y), shape).x_shape());
  }
  return input_shape(w, y, shape);
}

AbstractConv_gradInputs::Gradients AbstractConv_gradInputs::grad(const TensorView& filters,
                                                                 const TensorView& output_grad,
                                                                 const TensorView& cotangent,
                                                                 const BackendPtr& backend) const {
  const ConvProblem forward =
      problem(Direction::Forward, cotangent.extents, filters.extents, output_grad.extents);
  const NamedOperand x{"cotangent", cotangent};
  return {.filters = derivative(towards(Direction::GradWeights, forward), x,
                                {"output_grad", output_grad}, filters.type, backend),
          .output_grad = derivative(forward, x, {"filters", filters}, output_grad.type, backend)};
}

Tensor AbstractConv_gradInputs::R_op(const TensorView& filters, const TensorView& output_grad,
                                     const Shape& shape, const Tangents& tangents,
                                     const BackendPtr& backend) const {
  return derivative_along(
      lowered(filters.extents, output_grad.extents, shape),
      {{"filters", filters}, {"output_grad", output_grad}, tangents.filters, tangents.output_grad},
      backend);
}

ConvProblem AbstractConv_gradWeights::lowered(const Shape& input, const Shape& output_grad,
                                              const Shape& shape) const {
  const Shape filters =
      known(filter_shape(optional_shape(input), optional_shape(output_grad), shape));
  return problem(Direction::GradWeights, input, filters, output_grad);
}

Tensor AbstractConv_gradWeights::operator()(const TensorView& input, const TensorView& output_grad,
                                            const Shape& shape, const BackendPtr& backend) const {
  return call(backend, lowered(input.extents, output_grad.extents, shape), {"input", input},
              {"output_grad", output_grad});
}

OptionalShape AbstractConv_gradWeights::infer_shape(const ShapeHint& input,
                                                    const ShapeHint& output_grad,
                                                    const Shape& shape) const {
  const OptionalShape x = merged("input", input, parameters().imshp, input_axes());
  const OptionalShape y = merged("output_grad", output_grad, {}, input_axes());
  if (is_known(x) && is_known(y)) {
    return optional_shape(lowered(known(x), known(y), shape).w_shape());
  }
  return filter_shape(x, y, shape);
}

AbstractConv_gradWeights::Gradients AbstractConv_gradWeights::grad(
    const TensorView& input, const TensorView& output_grad, const TensorView& cotangent,
    const BackendPtr& backend) const {
  const ConvProblem forward =
      problem(Direction::Forward, input.extents, cotangent.extents, output_grad.extents);
  const NamedOperand w{"cotangent", cotangent};
  return {.input = derivative(towards(Direction::GradInputs, forward), w,
                              {"output_grad", output_grad}, input.type, backend),
          .output_grad = derivative(forward, {"input", input}, w, output_grad.type, backend)};
}

Tensor AbstractConv_gradWeights::R_op(const TensorView& input, const TensorView& output_grad,
                                      const Shape& shape, const Tangents& tangents,
                                      const BackendPtr& backend) const {
  return derivative_along(
      lowered(input.extents, output_grad.extents, shape),
      {{"input", input}, {"output_grad", output_grad}, tangents.input, tangents.output_grad},
      backend);
}

}  // namespace convcheck
