#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "tests/mutants/planting.h"

namespace convcheck {
namespace {

// The addresses from the lowest element of a view to one past its highest.
struct Reach {
  std::byte *begin, *end;
};

Reach reach_of(const TensorView& view) {
  const auto size = static_cast<std::int64_t>(size_of(view.type));
  Reach reach{static_cast<std::byte*>(view.data), static_cast<std::byte*>(view.data) + size};
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    const std::int64_t bytes = (view.extents[axis] - 1) * view.strides[axis] * size;
    (bytes < 0 ? reach.begin : reach.end) += bytes;
  }
  return reach;
}

const TensorView& result_of(const Call& call) {
  return call.operands.result(call.problem.direction);
}

// The first operand that is read.
const TensorView& input_of(const Call& call) {
  return call.problem.direction == Direction::GradInputs ? call.operands.y : call.operands.x;
}

Mistakes after_the_call(std::function<void(const Call&)> step) {
  return {.after = std::move(step)};
}

void touch(const TensorView& like, const std::byte* address) {
  [[maybe_unused]] const volatile double value = load(like.type, address);
}

void read_past_the_end(const Call& call) { touch(input_of(call), reach_of(input_of(call)).end); }

void read_before_the_start(const Call& call) {
  const TensorView& input = input_of(call);
  touch(input, reach_of(input).begin - size_of(input.type));
}

void write_past_the_end(const Call& call) {
  store(result_of(call).type, reach_of(result_of(call)).end, 1);
}

void write_before_the_start(const Call& call) {
  const TensorView& result = result_of(call);
  store(result.type, reach_of(result).begin - size_of(result.type), 1);
}

// Axes of more than one element, the innermost first.
std::vector<std::size_t> inner_axes_first(const TensorView& view) {
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    if (view.extents[axis] > 1) axes.push_back(axis);
  }
  std::sort(axes.begin(), axes.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(view.strides[a]) < std::abs(view.strides[b]);
  });
  return axes;
}

// The first element between the result's that is not the result's.
void write_in_a_gap(const Call& call) {
  const TensorView& result = result_of(call);
  std::int64_t dense = 1;
  for (const std::size_t axis : inner_axes_first(result)) {
    if (std::abs(result.strides[axis]) > dense) {
      store(result.type,
            reach_of(result).begin + dense * static_cast<std::int64_t>(size_of(result.type)), 1);
      return;
    }
    dense = std::abs(result.strides[axis]) * result.extents[axis];
  }
}

void scribble_and_restore(const Call& call) {
  const TensorView& input = input_of(call);
  const double value = load(input.type, input.data);
  store(input.type, input.data, value + 1);
  store(input.type, input.data, value);
}

template <class Change>
void change_each(const TensorView& view, Change change) {
  Index at(view.rank(), 0);
  do view.set(at, change(view.at(at)));
  while (advance(at, view.extents));
}

void leave_filters_reversed(const Call& call) {
  if (call.problem.direction == Direction::GradWeights) return;
  const TensorView& w = call.operands.w;
  const Tensor before = Tensor::copy_of(w);
  copy(reversed(before, w.rank() - 1), w);
}

std::vector<Mutant> stray_mutants() {
  return {
      {.name = "ReadsPastTheEnd",
       .what = "one element behind the input is read",
       .mistakes = after_the_call(read_past_the_end),
       .rule = "bounds",
       .needs_guards = true},
      {.name = "ReadsBeforeTheStart",
       .what = "one element before the input is read",
       .mistakes = after_the_call(read_before_the_start),
       .rule = "bounds",
       .needs_guards = true},
      {.name = "WritesPastTheEnd",
       .what = "one element behind the result is written",
       .mistakes = after_the_call(write_past_the_end),
       .rule = "bounds",
       .needs_guards = true},
      {.name = "WritesBeforeTheStart",
       .what = "one element before the result is written",
       .mistakes = after_the_call(write_before_the_start),
       .rule = "bounds",
       .needs_guards = true},
      {.name = "WritesInAGap",
       .what = "an element between the result's, where its strides leave gaps, is written",
       .mistakes = after_the_call(write_in_a_gap),
       .rule = "bounds"},
  };
}

std::vector<Mutant> input_mutants() {
  return {
      {.name = "InputRestored",
       .what = "an input element is changed and changed back",
       .mistakes = after_the_call(scribble_and_restore),
       .rule = "inputs_kept"},
      {.name = "InputNegativeZero",
       .what = "zeros of the input become -0",
       .mistakes = after_the_call([](const Call& call) {
         change_each(input_of(call), [](double value) { return value == 0 ? -0.0 : value; });
       }),
       .rule = "inputs_kept"},
      {.name = "InputCleared",
       .what = "the input is used as scratch and is zero afterwards",
       .mistakes = after_the_call(
           [](const Call& call) { change_each(input_of(call), [](double) { return 0; }); }),
       .rule = "inputs_kept"},
      {.name = "FiltersLeftReversed",
       .what = "filters are reversed in place and not reversed back",
       .mistakes = after_the_call(leave_filters_reversed),
       .rule = "inputs_kept"},
  };
}

// The view from its lowest address, with other strides.
TensorView restrided(const TensorView& view, const Strides& strides) {
  TensorView changed = view;
  if (view.empty()) return changed;
  changed.data = reach_of(view).begin;
  changed.strides = strides;
  return changed;
}

TensorView row_major(const TensorView& view) {
  return restrided(view, contiguous_strides(view.extents));
}

TensorView forwards(const TensorView& view) {
  Strides strides = view.strides;
  for (std::int64_t& stride : strides) stride = std::abs(stride);
  return restrided(view, strides);
}

// The same order of axes, without gaps.
TensorView packed(const TensorView& view) {
  Strides strides = view.strides;
  std::int64_t dense = 1;
  for (const std::size_t axis : inner_axes_first(view)) {
    strides[axis] = view.strides[axis] < 0 ? -dense : dense;
    dense *= view.extents[axis];
  }
  for (const std::int64_t stride : view.strides) {
    if (stride < 0) return view;  // the first element is not at the lowest address
  }
  return restrided(view, strides);
}

TensorView& result_of(const ConvProblem& problem, Operands& operands) {
  return problem.direction == Direction::Forward      ? operands.y
         : problem.direction == Direction::GradInputs ? operands.x
                                                      : operands.w;
}

TensorView& input_of(const ConvProblem& problem, Operands& operands) {
  return problem.direction == Direction::GradInputs ? operands.y : operands.x;
}

using Restride = TensorView (*)(const TensorView&);

Mistakes result_as(Restride restride) {
  return {.views = [restride](const ConvProblem& problem, Operands& operands) {
    result_of(problem, operands) = restride(result_of(problem, operands));
  }};
}

Mistakes input_as(Restride restride) {
  return {.views = [restride](const ConvProblem& problem, Operands& operands) {
    input_of(problem, operands) = restride(input_of(problem, operands));
  }};
}

// The last element of a row of the result is lost where the result is not aligned.
double lost_when_unaligned(const Finished& done) {
  const TensorView& result = result_of(done.call);
  const bool aligned = reinterpret_cast<std::uintptr_t>(result.data) % 16 == 0;
  const std::size_t axis = result.rank() - 1;
  return !aligned && done.at[axis] == result.extents[axis] - 1 ? 0 : done.sum;
}

std::vector<Mutant> layout_mutants() {
  return {
      {"OutputStridesIgnored", "the result is written row-major", result_as(row_major), "layout"},
      {"InputStridesIgnored", "the input is read row-major", input_as(row_major), "layout"},
      {"NegativeInputStride", "the input is read forwards where its strides are negative",
       input_as(forwards), "layout"},
      {"NegativeOutputStride", "the result is written forwards where its strides are negative",
       result_as(forwards), "layout"},
      {"InputGapsIgnored", "the input is read without the gaps that a sub-view has",
       input_as(packed), "layout"},
      {"UnalignedResult",
       "the last of a row is lost where the result is not at a multiple of 16 bytes",
       written(lost_when_unaligned), "layout"},
  };
}

}  // namespace

std::vector<Mutant> memory_mutants() {
  std::vector<Mutant> all = stray_mutants();
  for (const auto& more : {input_mutants(), layout_mutants()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace convcheck
