// What must hold of the definition itself, whatever it is: exactly, on integers.

#include <functional>

#include "tests/property/problem_gen.h"

namespace convcheck {
namespace {

// The elements begin, begin + step, ... (count of them) of one axis.
struct Slice {
  std::int64_t begin, count, step = 1;
};

TensorView slice(TensorView view, std::size_t axis, const Slice& of) {
  Index first(view.rank(), 0);
  first[axis] = of.begin;
  if (!view.empty()) view.data = view.address(first);
  view.extents[axis] = of.count;
  view.strides[axis] *= of.step;
  return view;
}

Tensor zeros(const Shape& shape) { return Tensor(shape, DataType::F64); }

double dot(const Tensor& a, const Tensor& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum += a.data<double>()[i] * b.data<double>()[i];
  return sum;
}

// 2 a - 3 b
Tensor combined(Tensor a, const Tensor& b) {
  for (std::int64_t i = 0; i < a.size(); ++i) {
    a.data<double>()[i] = 2 * a.data<double>()[i] - 3 * b.data<double>()[i];
  }
  return a;
}

std::size_t first_filter_axis(const ConvProblem& problem) {
  return problem.unshared ? 2 + problem.rank : 2;
}
std::size_t channel_axis(const ConvProblem& problem) { return first_filter_axis(problem) - 1; }

RC_GTEST_PROP(Reference, IsLinearInBothOperands, (const Call& a, std::uint32_t seed)) {
  const Call b = make_call(a.problem, seed % 1000);
  const Tensor x = combined(a.x, b.x), w = combined(a.w, b.w), y = combined(a.y, b.y);
  const auto linear = [&](Direction direction, const Operands& sum, const Operands& of_a,
                          const Operands& of_b) {
    const Tensor expected =
        combined(answer(direction, a.problem, of_a), answer(direction, a.problem, of_b));
    RC_ASSERT(answer(direction, a.problem, sum).values() == expected.values());
  };
  linear(Direction::Forward, {x, a.w, a.y}, {a.x, a.w, a.y}, {b.x, a.w, a.y});
  linear(Direction::Forward, {a.x, w, a.y}, {a.x, a.w, a.y}, {a.x, b.w, a.y});
  linear(Direction::GradInputs, {a.x, w, a.y}, {a.x, a.w, a.y}, {a.x, b.w, a.y});
  linear(Direction::GradInputs, {a.x, a.w, y}, {a.x, a.w, a.y}, {a.x, a.w, b.y});
  linear(Direction::GradWeights, {x, a.w, a.y}, {a.x, a.w, a.y}, {b.x, a.w, a.y});
  linear(Direction::GradWeights, {a.x, a.w, y}, {a.x, a.w, a.y}, {a.x, a.w, b.y});
}

RC_GTEST_PROP(Reference, GradientsAreTheAdjoints, (const Call& call)) {
  const double form = dot(call.y, answer(Direction::Forward, call));
  RC_ASSERT(form == dot(call.x, answer(Direction::GradInputs, call)));
  RC_ASSERT(form == dot(call.w, answer(Direction::GradWeights, call)));
}

// Where the operands of a call stand in those of a larger one.
struct Places {
  using Place = std::function<TensorView(const TensorView&)>;
  Place x = whole, w = whole, y = whole;

  static TensorView whole(const TensorView& view) { return view; }
};

// The larger problem, whose operands are zero elsewhere, has the call's answers in those places, in
// all three directions.
void require_embedded(const Call& call, const ConvProblem& larger, const Places& at) {
  const Tensor x = zeros(larger.x_shape()), w = zeros(larger.w_shape()),
               y = zeros(larger.y_shape());
  copy(call.x, at.x(x));
  copy(call.w, at.w(w));
  copy(call.y, at.y(y));
  const auto same = [&](Direction direction, const Places::Place& place) {
    const Tensor all = answer(direction, larger, {x, w, y});
    RC_ASSERT(Tensor::copy_of(place(all)).values() == answer(direction, call).values());
  };
  same(Direction::Forward, at.y);
  same(Direction::GradInputs, at.x);
  same(Direction::GradWeights, at.w);
}

RC_GTEST_PROP(Reference, DilationIsAZeroStuffedFilter, (const Call& call)) {
  ConvProblem stuffed = call.problem;
  for (Window& window : stuffed.axes()) {
    window.filter = window.dilated_filter();
    window.dilation = 1;
  }
  require_embedded(call, stuffed, {.w = [&](TensorView view) {
                     for (std::size_t axis = 0; axis < stuffed.rank; ++axis) {
                       const Window& window = call.problem.windows[axis];
                       view = slice(view, first_filter_axis(stuffed) + axis,
                                    {0, window.filter, window.dilation});
                     }
                     return view;
                   }});
}

RC_GTEST_PROP(Reference, StrideIsASliceOfTheDenseResult, (const Call& call)) {
  ConvProblem dense = call.problem;
  for (Window& window : dense.axes()) window.stride = 1;
  // Every stride-th element of the axes that run over the outputs.
  const auto strided = [&](TensorView view, std::size_t first) {
    for (std::size_t axis = 0; axis < dense.rank; ++axis) {
      const Window& window = call.problem.windows[axis];
      view = slice(view, first + axis, {0, window.output(), window.stride});
    }
    return view;
  };
  Places at{.y = [&](const TensorView& view) { return strided(view, 2); }};
  if (call.problem.unshared) at.w = [&](const TensorView& view) { return strided(view, 1); };
  require_embedded(call, dense, at);
}

RC_GTEST_PROP(Reference, PaddingIsZerosAroundTheInput, (const Call& call)) {
  ConvProblem padded = call.problem;
  for (Window& window : padded.axes()) {
    window.input = window.padded_input();
    window.pad_before = window.pad_after = 0;
  }
  require_embedded(call, padded, {.x = [&](TensorView view) {
                     for (std::size_t axis = 0; axis < padded.rank; ++axis) {
                       const Window& window = call.problem.windows[axis];
                       view = slice(view, 2 + axis, {window.pad_before, window.input});
                     }
                     return view;
                   }});
}

RC_GTEST_PROP(Reference, FlipIsAReversedFilter, (const Call& call)) {
  ConvProblem other = call.problem;
  other.flip = !other.flip;
  require_embedded(call, other, {.w = [&](TensorView view) {
                     for (std::size_t axis = 0; axis < other.rank; ++axis) {
                       view = reversed(view, first_filter_axis(other) + axis);
                     }
                     return view;
                   }});
}

RC_GTEST_PROP(Reference, AnAxisOfOneElementChangesNothing, (const Call& call)) {
  RC_PRE(call.problem.rank < 3u);
  ConvProblem higher = call.problem;
  higher.windows[higher.rank++] = Window{};
  const auto as = [](const Tensor& like) {
    return [shape = like.shape()](const TensorView& view) { return reshaped(view, shape); };
  };
  require_embedded(call, higher, {.x = as(call.x), .w = as(call.w), .y = as(call.y)});
}

RC_GTEST_PROP(Reference, GroupsAreABlockDiagonalFilter, (const Call& call)) {
  ConvProblem dense = call.problem;
  dense.groups = 1;
  const std::int64_t filters = call.problem.group_filters(),
                     channels = call.problem.group_channels();
  const auto rows = [&](const TensorView& view, std::int64_t g) {
    return slice(view, 0, {g * filters, filters});
  };
  const auto diagonal = [&](const TensorView& view, std::int64_t g) {
    return slice(rows(view, g), channel_axis(dense), {g * channels, channels});
  };
  const Tensor w = zeros(dense.w_shape());
  for (std::int64_t g = 0; g < call.problem.groups; ++g) copy(rows(call.w, g), diagonal(w, g));
  const Operands operands{call.x, w, call.y};
  for (const Direction direction : {Direction::Forward, Direction::GradInputs}) {
    RC_ASSERT(answer(direction, dense, operands).values() == answer(direction, call).values());
  }
  const Tensor all = answer(Direction::GradWeights, dense, operands),
               own = answer(Direction::GradWeights, call);
  for (std::int64_t g = 0; g < call.problem.groups; ++g) {
    RC_ASSERT(Tensor::copy_of(diagonal(all, g)).values() == Tensor::copy_of(rows(own, g)).values());
  }
}

// The filters of one region, (k, c, extents...).
TensorView region(const ConvProblem& unshared, const TensorView& w, const Index& at) {
  TensorView view = w;
  for (std::size_t axis = 0; axis < unshared.rank; ++axis) {
    view = slice(view, 1 + axis, {at[axis], 1});
  }
  Dims extents{w.extents[0]}, strides{w.strides[0]};
  for (std::size_t axis = channel_axis(unshared); axis < w.rank(); ++axis) {
    extents.push_back(w.extents[axis]);
    strides.push_back(w.strides[axis]);
  }
  view.extents = extents;
  view.strides = strides;
  return view;
}

RC_GTEST_PROP(Reference, UnsharedWithEqualRegionsIsShared,
              (ConvProblem problem, std::uint32_t seed)) {
  problem.unshared = false;
  const Call shared = make_call(problem, seed % 1000);
  ConvProblem unshared = problem;
  unshared.unshared = true;
  const Tensor w = zeros(unshared.w_shape());
  const auto each_region = [&](const std::function<void(const Index&)>& visit) {
    Index at(problem.rank, 0);
    do visit(at);
    while (advance(at, problem.output_extents()));
  };
  each_region([&](const Index& at) { copy(shared.w, region(unshared, w, at)); });
  const Operands operands{shared.x, w, shared.y};
  for (const Direction direction : {Direction::Forward, Direction::GradInputs}) {
    RC_ASSERT(answer(direction, unshared, operands).values() == answer(direction, shared).values());
  }
  const Tensor dw = answer(Direction::GradWeights, unshared, operands);
  Tensor sum = zeros(problem.w_shape());
  each_region([&](const Index& at) {
    const Tensor part = Tensor::copy_of(region(unshared, dw, at));
    for (std::int64_t i = 0; i < sum.size(); ++i) sum.data<double>()[i] += part.data<double>()[i];
  });
  RC_ASSERT(sum.values() == answer(Direction::GradWeights, shared).values());
}

RC_GTEST_PROP(Reference, ImagesOfTheBatchAreIndependent, (const Call& call)) {
  ConvProblem one = call.problem;
  one.batch = 1;
  const Tensor y = answer(Direction::Forward, call), x = answer(Direction::GradInputs, call);
  Tensor w = zeros(one.w_shape());
  for (std::int64_t n = 0; n < call.problem.batch; ++n) {
    const auto image = [&](const TensorView& view) { return slice(view, 0, {n, 1}); };
    const Operands operands{image(call.x), call.w, image(call.y)};
    RC_ASSERT(answer(Direction::Forward, one, operands).values() ==
              Tensor::copy_of(image(y)).values());
    RC_ASSERT(answer(Direction::GradInputs, one, operands).values() ==
              Tensor::copy_of(image(x)).values());
    const Tensor part = answer(Direction::GradWeights, one, operands);
    for (std::int64_t i = 0; i < w.size(); ++i) w.data<double>()[i] += part.data<double>()[i];
  }
  RC_ASSERT(w.values() == answer(Direction::GradWeights, call).values());
}

}  // namespace
}  // namespace convcheck
