// The oracle, element by element: against the trilinear form written as one loop over all products,
// and against itself.

#include "reference/oracle.h"

#include <cmath>
#include <functional>

#include "tests/property/problem_gen.h"

namespace convcheck {
namespace {

Tensor zeros(const Shape& shape) { return Tensor(shape, DataType::F64); }

Tensor mapped(Tensor of, const std::function<double(double)>& function) {
  for (std::int64_t i = 0; i < of.size(); ++i)
    of.data<double>()[i] = function(of.data<double>()[i]);
  return of;
}

using Visit = std::function<void(const Index& x, const Index& w, const Index& y)>;

// Every product, by running over images, filters, channels of a group, outputs and taps.
void for_each_product(const ConvProblem& problem, const Visit& visit) {
  Shape all{problem.batch, problem.filters, problem.group_channels()};
  for (const Window& window : problem.axes()) all.push_back(window.output());
  Shape taps;
  for (const Window& window : problem.axes()) taps.push_back(window.filter);
  Index at(all.size(), 0);
  do {
    const std::int64_t channel = at[1] / problem.group_filters() * problem.group_channels() + at[2];
    Index k(problem.rank, 0);
    do {
      Index x{at[0], channel}, w{at[1]}, y{at[0], at[1]};
      bool inside = true;
      for (std::size_t axis = 0; axis < problem.rank; ++axis) {
        const Window& window = problem.windows[axis];
        const std::int64_t o = at[3 + axis];
        const std::int64_t i = o * window.stride + k[axis] * window.dilation - window.pad_before;
        inside = inside && i >= 0 && i < window.input;
        x.push_back(i);
        y.push_back(o);
        if (problem.unshared) w.push_back(o);
      }
      w.push_back(at[2]);
      for (std::size_t axis = 0; axis < problem.rank; ++axis) {
        w.push_back(problem.flip ? taps[axis] - 1 - k[axis] : k[axis]);
      }
      if (inside) visit(x, w, y);
    } while (advance(k, taps));
  } while (advance(at, all));
}

RC_GTEST_PROP(Oracle, GathersWhatTheTrilinearFormScatters, (const Call& call)) {
  Tensor x = zeros(call.x.shape()), w = zeros(call.w.shape()), y = zeros(call.y.shape());
  for_each_product(call.problem, [&](const Index& xi, const Index& wi, const Index& yi) {
    y.set(yi, y.at(yi) + call.x.at(xi) * call.w.at(wi));
    x.set(xi, x.at(xi) + call.y.at(yi) * call.w.at(wi));
    w.set(wi, w.at(wi) + call.y.at(yi) * call.x.at(xi));
  });
  RC_ASSERT(answer(Direction::Forward, call).values() == y.values());
  RC_ASSERT(answer(Direction::GradInputs, call).values() == x.values());
  RC_ASSERT(answer(Direction::GradWeights, call).values() == w.values());
}

RC_GTEST_PROP(Oracle, MagnitudeAndTermsAreTheOperatorOfAbsoluteValuesAndOnes, (const Call& call)) {
  const auto absolute = [](double value) { return std::abs(value); };
  const auto one = [](double) { return 1.0; };
  const Tensor ax = mapped(call.x, absolute), aw = mapped(call.w, absolute),
               ay = mapped(call.y, absolute);
  const Tensor ox = mapped(call.x, one), ow = mapped(call.w, one), oy = mapped(call.y, one);
  for (const Direction direction : kAllDirections) {
    ConvProblem problem = call.problem;
    problem.direction = direction;
    const Tensor magnitude = answer(direction, problem, {ax, aw, ay}),
                 terms = answer(direction, problem, {ox, ow, oy});
    if (magnitude.size() == 0) continue;
    Index at(magnitude.shape().size(), 0);
    do {
      const Sum sum = result_at(problem, {call.x, call.w, call.y}, at);
      RC_ASSERT(sum.magnitude == magnitude.at(at));
      RC_ASSERT(static_cast<double>(sum.terms) == terms.at(at));
    } while (advance(at, magnitude.shape()));
  }
}

RC_GTEST_PROP(Oracle, TheTapsAreTheProductsOfTheSum, (const Call& call)) {
  for (const Direction direction : kAllDirections) {
    ConvProblem problem = call.problem;
    problem.direction = direction;
    const Operands operands{call.x, call.w, call.y};
    const TensorView& result = operands.result(direction);
    if (result.empty()) continue;
    Index at(result.rank(), 0);
    do {
      Sum taps;
      for_each_tap(problem, at, [&](const Tap& tap) {
        RC_ASSERT((direction == Direction::Forward      ? tap.y
                   : direction == Direction::GradInputs ? tap.x
                                                        : tap.w) == at);
        taps.value += direction == Direction::Forward      ? call.x.at(tap.x) * call.w.at(tap.w)
                      : direction == Direction::GradInputs ? call.w.at(tap.w) * call.y.at(tap.y)
                                                           : call.x.at(tap.x) * call.y.at(tap.y);
        ++taps.terms;
      });
      const Sum sum = result_at(problem, operands, at);
      RC_ASSERT(taps.value == sum.value);
      RC_ASSERT(taps.terms == sum.terms);
    } while (advance(at, result.extents));
  }
}

// Channels last, and every axis counted from its end.
TensorView stored_otherwise(Tensor& storage, const Tensor& values) {
  Dims axes, shape;
  for (std::size_t axis = values.shape().size(); axis-- > 0;) {
    axes.push_back(static_cast<std::int64_t>(axis));
    shape.push_back(values.shape()[axis]);
  }
  storage = zeros(shape);
  TensorView view = permuted(storage, axes);
  for (std::size_t axis = 0; axis < view.rank(); ++axis) view = reversed(view, axis);
  copy(values, view);
  return view;
}

RC_GTEST_PROP(Oracle, StridesDoNotMatter, (const Call& call)) {
  Tensor x, w, y;
  const Operands operands{stored_otherwise(x, call.x), stored_otherwise(w, call.w),
                          stored_otherwise(y, call.y)};
  for (const Direction direction : kAllDirections) {
    const Tensor expected = answer(direction, call);
    RC_ASSERT(answer(direction, call.problem, operands).values() == expected.values());
    ConvProblem problem = call.problem;
    problem.direction = direction;
    Tensor storage;
    Operands into = operands;
    const TensorView result = stored_otherwise(storage, zeros(problem.result_shape()));
    (direction == Direction::Forward      ? into.y
     : direction == Direction::GradInputs ? into.x
                                          : into.w) = result;
    run(*reference_backend(), problem, into);
    RC_ASSERT(Tensor::copy_of(result).values() == expected.values());
  }
}

}  // namespace
}  // namespace convcheck
