// The derivatives of the operator families, exact on integers.
#include "fast/operators.h"

#include "tests/unit/operators.h"

namespace convcheck {
namespace {

using Values = std::vector<double>;

Tensor sum(const TensorView& a, const TensorView& b, double factor = 1) {
  Tensor total = Tensor::copy_of(a);
  Index at(total.shape().size(), 0);
  do total.set(at, total.at(at) + factor * b.at(at));
  while (advance(at, total.shape()));
  return total;
}

// For every element of `operand`: what sum(cotangent * result) gains when it grows by 1.
Values differences(const Tensor& operand, const TensorView& cotangent,
                   const std::function<Tensor(const TensorView&)>& result) {
  Values gains;
  const double before = inner(cotangent, result(operand));
  Tensor moved = operand;
  Index at(operand.shape().size(), 0);
  do {
    moved.set(at, operand.at(at) + 1);
    gains.push_back(inner(cotangent, result(moved)) - before);
    moved.set(at, operand.at(at));
  } while (advance(at, operand.shape()));
  return gains;
}

TEST(Operators, GradientsAreTheDifferencesOfTheResult) {
  on_every_operator([](const BilinearMap& map) {
    const auto [a, b] = map.grad(map.cotangent);
    EXPECT_EQ(a.shape(), map.a.shape());
    EXPECT_EQ(b.shape(), map.b.shape());
    EXPECT_EQ(a.values(), differences(map.a, map.cotangent,
                                      [&](const TensorView& v) { return map.apply(v, map.b); }));
    EXPECT_EQ(b.values(), differences(map.b, map.cotangent,
                                      [&](const TensorView& v) { return map.apply(map.a, v); }));
  });
}

TEST(Operators, GradientsAreAdjoint) {
  on_every_operator([](const BilinearMap& map) {
    const auto [a, b] = map.grad(map.cotangent);
    for (unsigned seed = 7; seed < 10; ++seed) {
      const Tensor other_a = scrambled(map.a.shape(), seed),
                   other_b = scrambled(map.b.shape(), seed);
      EXPECT_EQ(inner(a, other_a), inner(map.cotangent, map.apply(other_a, map.b)));
      EXPECT_EQ(inner(b, other_b), inner(map.cotangent, map.apply(map.a, other_b)));
    }
  });
}

TEST(Operators, TheROpIsWhatTheResultGainsLessTheProductOfTheTangents) {
  on_every_operator([](const BilinearMap& map) {
    const Tensor ta = scrambled(map.a.shape(), 11), tb = scrambled(map.b.shape(), 12);
    const Tensor moved = map.apply(sum(map.a, ta), sum(map.b, tb));
    const Tensor gained = sum(moved, map.apply(map.a, map.b), -1);
    EXPECT_EQ(map.r_op(ta.view(), tb.view()).values(), sum(gained, map.apply(ta, tb), -1).values());
  });
}

TEST(Operators, AMissingTangentIsZero) {
  on_every_operator([](const BilinearMap& map) {
    const Tensor ta = scrambled(map.a.shape(), 11), tb = scrambled(map.b.shape(), 12);
    const Tensor result = map.apply(map.a, map.b);
    EXPECT_EQ(map.r_op(ta.view(), {}).values(), map.apply(ta, map.b).values());
    EXPECT_EQ(map.r_op({}, tb.view()).values(), map.apply(map.a, tb).values());
    EXPECT_EQ(map.r_op({}, {}).values(), Values(result.values().size(), 0.0));
    EXPECT_EQ(map.r_op({}, {}).shape(), result.shape());
  });
}

// The gradient of each is built from the other two on the same parameters, and so on for ever.
TEST(Operators, TheSetIsClosedUnderDifferentiation) {
  for (const OperatorCase& c : operator_cases()) {
    SCOPED_TRACE(c.name);
    const AbstractConv conv(c.convdim, c.parameters);
    const AbstractConv_gradInputs inputs(c.convdim, c.parameters);
    const AbstractConv_gradWeights weights(c.convdim, c.parameters);
    const Tensor x = scrambled(c.x, 1), w = scrambled(c.w, 2), y = scrambled(c.y(), 3);
    const Shape x_shape = c.spatial(c.x), w_shape = c.spatial(c.w);
    const AbstractConv::Gradients of_conv = conv.grad(x, w, y);
    EXPECT_EQ(of_conv.input.values(), inputs(w, y, x_shape).values());
    EXPECT_EQ(of_conv.filters.values(), weights(x, y, w_shape).values());
    const AbstractConv_gradInputs::Gradients of_inputs = inputs.grad(w, y, x);
    EXPECT_EQ(of_inputs.filters.values(), weights(x, y, w_shape).values());
    EXPECT_EQ(of_inputs.output_grad.values(), conv(x, w).values());
    const AbstractConv_gradWeights::Gradients of_weights = weights.grad(x, y, w);
    EXPECT_EQ(of_weights.input.values(), inputs(w, y, x_shape).values());
    EXPECT_EQ(of_weights.output_grad.values(), conv(x, w).values());
  }
}

// L(x, w) = sum(v * the gradient of sum(y * conv(x, w)) with respect to w): a penalty on gradients.
TEST(Operators, DoubleBackwardIsTheDifferenceOfAGradient) {
  for (const OperatorCase& c : operator_cases()) {
    SCOPED_TRACE(c.name);
    const AbstractConv conv(c.convdim, c.parameters);
    const AbstractConv_gradInputs inputs(c.convdim, c.parameters);
    const AbstractConv_gradWeights weights(c.convdim, c.parameters);
    const Tensor x = scrambled(c.x, 1), w = scrambled(c.w, 2), y = scrambled(c.y(), 3);
    const Tensor v = scrambled(c.w, 4), u = scrambled(c.x, 5);
    EXPECT_EQ(weights.grad(x, y, v).input.values(), differences(x, v, [&](const TensorView& moved) {
                return conv.grad(moved, w, y).filters;
              }));
    EXPECT_EQ(
        inputs.grad(w, y, u).filters.values(),
        differences(w, u, [&](const TensorView& moved) { return conv.grad(x, moved, y).input; }));
    EXPECT_EQ(
        weights.grad(x, y, v).output_grad.values(),
        differences(y, v, [&](const TensorView& moved) { return conv.grad(x, w, moved).filters; }));
  }
}

TEST(Operators, AnyStridesGiveTheSame) {
  for (const OperatorCase& c : operator_cases()) {
    SCOPED_TRACE(c.name);
    const Tensor x = scrambled(c.x, 1), w = scrambled(c.w, 2), y = scrambled(c.y(), 3);
    const AbstractConv conv(c.convdim, c.parameters);
    const Scattered xs(x), ws(w), ys(y);
    EXPECT_EQ(conv.grad(xs, ws, ys).filters.values(), conv.grad(x, w, y).filters.values());
    EXPECT_EQ(conv.grad(xs, ws, ys).input.values(), conv.grad(x, w, y).input.values());
    EXPECT_EQ(conv.R_op(xs, ws, {x, w}).values(), sum(conv(x, w), conv(x, w)).values());
  }
}

TEST(Operators, DerivativesHaveTheTypeOfWhatTheyAreADerivativeOf) {
  const AbstractConv2d conv;
  const Tensor x = scrambled({1, 2, 3, 3}, 1, DataType::F64),
               w = scrambled({2, 2, 2, 2}, 2, DataType::F32),
               y = scrambled({1, 2, 2, 2}, 3, DataType::F16);
  const AbstractConv::Gradients both = conv.grad(x, w, y);
  EXPECT_EQ(both.input.type(), DataType::F64);
  EXPECT_EQ(both.filters.type(), DataType::F32);
  EXPECT_EQ(conv.R_op(x, w, {{}, w}).type(), DataType::F64);
  const auto f64 = [](const Tensor& tensor) { return Tensor::copy_of(tensor, DataType::F64); };
  EXPECT_EQ(both.filters.values(), conv.grad(x, f64(w), f64(y)).filters.values());
  EXPECT_EQ(both.input.values(), conv.grad(x, f64(w), f64(y)).input.values());
}

TEST(Operators, ATangentOfAnotherShapeIsRefused) {
  const AbstractConv2d conv;
  const Tensor x = counting({1, 2, 3, 3}), w = counting({2, 2, 2, 2}),
               wrong = counting({1, 2, 3, 4});
  expect_refusal(ErrorKind::InputShape, "shape of the (co)tangent of input", [&] {
    conv.R_op(x, w, {wrong, {}});
  });
  expect_refusal(ErrorKind::InputShape, "shape of the (co)tangent of filters", [&] {
    conv.R_op(x, w, {{}, wrong});
  });
  expect_refusal(ErrorKind::InputShape, "shape of the (co)tangent of cotangent",
                 [&] { conv.grad(x, w, wrong); });
}

}  // namespace
}  // namespace convcheck
