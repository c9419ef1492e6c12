// The gradient of every composed function is the adjoint of the function: each is linear in each of
// its arguments, so that <dy, f(..., a, ...)> = <gradient with respect to a, a>. On small integers
// (and upsampling by powers of two) both sides are exact.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <numeric>

#include "fast/evaluate.h"

namespace convcheck {
namespace {

std::int64_t within(std::int64_t least, std::int64_t most) {
  return *rc::gen::inRange<std::int64_t>(least, most + 1);
}

Dims each_within(std::size_t count, std::int64_t least, std::int64_t most) {
  Dims all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(within(least, most));
  return all;
}

Shape joined(const Shape& channels, const Shape& spatial) {
  Shape shape = channels;
  for (const std::int64_t extent : spatial) shape.push_back(extent);
  return shape;
}

AxisBorder::Kind word() {
  return *rc::gen::element(AxisBorder::Kind::Valid, AxisBorder::Kind::Half, AxisBorder::Kind::Full);
}

BorderMode border(std::size_t rank) {
  if (*rc::gen::arbitrary<bool>()) return word();
  std::vector<AxisBorder> axes;
  for (std::size_t i = 0; i < rank; ++i) axes.emplace_back(within(0, 3), within(0, 3));
  return BorderMode(std::move(axes));
}

Tensor integers(const Shape& shape) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  const auto drawn = *rc::gen::container<std::vector<int>>(count, rc::gen::inRange(-3, 4));
  return Tensor(shape, std::vector<double>(drawn.begin(), drawn.end()), DataType::F64);
}

double inner(const Tensor& a, const Tensor& b) {
  RC_ASSERT(a.shape() == b.shape());
  const std::vector<double> x = a.values(), y = b.values();
  return std::inner_product(x.begin(), x.end(), y.begin(), 0.0);
}

Case f64(Function function, std::size_t rank) {
  Case c;
  c.function = function;
  c.rank = rank;
  c.x_type = c.w_type = c.y_type = DataType::F64;
  c.subsample = c.dilation = Dims(rank, 1);
  return c;
}

Case with_parameters(Case c) {
  c.border = border(c.rank);
  c.subsample = each_within(c.rank, 1, 3);
  c.dilation = each_within(c.rank, 1, 2);
  c.flip = *rc::gen::arbitrary<bool>();
  return c;
}

// The value's shape, or nothing tested when the case is impossible.
Shape value_shape(const Case& c) {
  try {
    return operand_shapes(c).at("result");
  } catch (const ConvError&) {
    RC_DISCARD("impossible");
  }
}

// The identity for every argument of the case, all of which are linear.
void check_adjoint(const Case& c, const std::vector<std::pair<const char*, Part>>& arguments) {
  const Shape value = value_shape(c);
  NamedTensors operands;
  for (const auto& [name, shape] : operand_shapes(c)) {
    if (name != "result") operands[name] = integers(shape);
  }
  const Tensor dy = integers(value);
  const double expected = inner(dy, evaluate(c, operands, automatic()));
  operands["dy"] = dy;
  for (const auto& [name, part] : arguments) {
    Case gradient = c;
    gradient.part = part;
    RC_ASSERT(inner(evaluate(gradient, operands, automatic()), operands.at(name)) == expected);
  }
}

RC_GTEST_PROP(Adjoint, OfConvTranspose, ()) {
  Case c = with_parameters(f64(Function::ConvTranspose, static_cast<std::size_t>(within(2, 3))));
  c.groups = within(1, 2);
  const std::int64_t out_channels = c.groups * within(1, 2), in_channels = c.groups * within(1, 2);
  const Shape spatial = each_within(c.rank, 1, 5), filter = each_within(c.rank, 1, 3);
  c.y = joined({within(1, 2), out_channels}, spatial);
  c.w = joined({in_channels, out_channels / c.groups}, filter);
  Case transposed = c;  // its value has the shape of the input
  transposed.function = Function::Conv;
  transposed.x = c.y;
  c.x = value_shape(transposed);
  check_adjoint(c, {{"x", Part::GradInputs}, {"w", Part::GradWeights}});
}

RC_GTEST_PROP(Adjoint, OfSeparableConv, ()) {
  Case c = with_parameters(f64(Function::SeparableConv, static_cast<std::size_t>(within(2, 3))));
  const std::int64_t channels = within(1, 3), middle = channels * within(1, 2);
  c.x = joined({within(1, 2), channels}, each_within(c.rank, 1, 5));
  c.dw = joined({middle, 1}, each_within(c.rank, 1, 3));
  c.pw = joined({within(1, 3), middle}, each_within(c.rank, 1, 2));
  check_adjoint(
      c, {{"x", Part::GradInputs}, {"dw", Part::GradDepthwise}, {"pw", Part::GradPointwise}});
}

RC_GTEST_PROP(Adjoint, OfCausalConv1d, ()) {
  Case c = with_parameters(f64(Function::CausalConv1d, 1));
  c.border = valid;
  c.groups = within(1, 3);
  const std::int64_t channels = c.groups * within(1, 2), filters = c.groups * within(1, 2);
  c.x = {within(1, 3), channels, within(1, 8)};
  c.unshared = *rc::gen::arbitrary<bool>();
  c.w = {filters};
  if (c.unshared) c.w.push_back((c.x[2] - 1) / c.subsample[0] + 1);
  c.w.push_back(channels / c.groups);
  c.w.push_back(within(1, 5));
  check_adjoint(c, {{"x", Part::GradInputs}, {"w", Part::GradWeights}});
}

RC_GTEST_PROP(Adjoint, OfConv3d2d, ()) {
  Case c = f64(Function::Conv3d2d, 3);
  c.border = BorderMode{word(), word(), word()};
  const std::int64_t channels = within(1, 3);
  c.x = {within(1, 2), within(1, 5), channels, within(1, 5), within(1, 5)};
  c.w = {within(1, 3), within(1, 4), channels, within(1, 4), within(1, 4)};
  check_adjoint(c, {{"x", Part::GradInputs}, {"w", Part::GradWeights}});
}

RC_GTEST_PROP(Adjoint, OfLegacyConv2d, ()) {
  Case c = f64(Function::LegacyConv2d, 2);
  const bool is_full = *rc::gen::arbitrary<bool>();
  c.border = is_full ? BorderMode(full) : BorderMode(valid);
  if (is_full) c.subsample = each_within(2, 1, 2);
  const std::int64_t channels = within(1, 3);
  c.x = {within(1, 2), channels, within(1, 6), within(1, 6)};
  c.w = {within(1, 3), channels, within(1, 4), within(1, 4)};
  check_adjoint(c, {{"x", Part::GradInputs}, {"w", Part::GradWeights}});
}

RC_GTEST_PROP(Adjoint, OfBilinearUpsampling, ()) {
  Case c = f64(Function::BilinearUpsampling, 2);
  c.x = joined({within(1, 2), within(1, 2)}, each_within(2, 1, 5));
  c.ratio = {{std::int64_t{1} << within(0, 3), 1}};
  c.use_1D_kernel = *rc::gen::arbitrary<bool>();
  check_adjoint(c, {{"x", Part::GradInputs}});
}

RC_GTEST_PROP(Adjoint, OfFracBilinearUpsampling, ()) {
  Case c = f64(Function::FracBilinearUpsampling, 2);
  c.x = joined({within(1, 2), within(1, 2)}, each_within(2, 1, 5));
  const auto ratio = [] { return Ratio{std::int64_t{1} << within(0, 3), within(1, 9)}; };
  c.ratio = {ratio(), ratio()};
  check_adjoint(c, {{"x", Part::GradInputs}});
}

}  // namespace
}  // namespace convcheck
