#include "fast/cudnn/arrangement.h"

#include <algorithm>

namespace convcheck::cudnn {
namespace {

constexpr std::size_t kBoundary = 256;

// One axis: what cuDNN pads on both sides, and what the copy of the input has besides.
struct Pads {
  std::int64_t both = 0, before = 0, after = 0;

  bool copied() const { return before > 0 || after > 0; }
};

Pads pads_of(const Window& window, Copies copies) {
  if (copies == Copies::Padded) return {0, window.pad_before, window.pad_after};
  Window even = window;
  even.pad_after = window.pad_before;
  // A pad behind the last window is not read.
  if (even.padded_input() >= even.dilated_filter() && even.output() == window.output()) {
    return {window.pad_before, 0, 0};
  }
  const std::int64_t both = std::min(window.pad_before, window.pad_after);
  return {both, window.pad_before - both, window.pad_after - both};
}

// The view with an axis of one element where a problem of one axis has none.
TensorView with_rows(TensorView view, bool add) {
  if (!add) return view;
  Shape extents;
  Strides strides;
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    if (axis == 2) {
      extents.push_back(1);
      strides.push_back(std::max<std::int64_t>(1, view.extents[2] * view.strides[2]));
    }
    extents.push_back(view.extents[axis]);
    strides.push_back(view.strides[axis]);
  }
  view.extents = extents;
  view.strides = strides;
  return view;
}

ConvProblem with_rows(const ConvProblem& problem, bool add) {
  if (!add) return problem;
  ConvProblem two = problem;
  two.rank = 2;
  two.windows = {Window{}, problem.windows[0], Window{}};
  return two;
}

// Whether a filter and its mirror image differ.
bool has_reach(const ConvProblem& problem) {
  const auto axes = problem.axes();
  return std::any_of(axes.begin(), axes.end(), [](const Window& one) { return one.filter > 1; });
}

Passed as_it_is(const TensorView& view) {
  Passed passed;
  passed.extents = view.extents;
  passed.strides = view.strides;
  return passed;
}

// The copy of a view that is larger by `pads` and perhaps reversed; `result`: the other way.
Passed copied(const TensorView& view, const std::vector<Pads>& pads, bool reversed, bool result) {
  Passed passed;
  passed.extents = view.extents;
  for (std::size_t axis = 0; axis < pads.size(); ++axis) {
    passed.extents[2 + axis] += pads[axis].before + pads[axis].after;
  }
  passed.strides = contiguous_strides(passed.extents);
  gpu::BoxCopy copy;
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    const bool backwards = reversed && axis >= 2;
    const std::int64_t before = axis >= 2 && !pads.empty() ? pads[axis - 2].before : 0;
    // The side that is read, and the other one.
    std::int64_t read = result ? passed.strides[axis] : view.strides[axis];
    if (backwards) {
      copy.first += (view.extents[axis] - 1) * read;
      read = -read;
    }
    copy.extents[axis] = result ? view.extents[axis] : passed.extents[axis];
    copy.source_extents[axis] = result ? passed.extents[axis] : view.extents[axis];
    copy.before[axis] = result ? -before : before;
    copy.from[axis] = read;
    copy.to[axis] = result ? view.strides[axis] : passed.strides[axis];
  }
  passed.copy = copy;
  return passed;
}

}  // namespace

Arrangement arrange(const ConvProblem& problem, const Operands& operands, Copies copies) {
  const bool line = problem.rank == 1, all = copies != Copies::Needed;
  Arrangement to;
  to.problem = with_rows(problem, line);
  std::vector<Pads> pads;
  for (Window& window : to.problem.axes()) {
    pads.push_back(pads_of(window, copies));
    window.input += pads.back().before + pads.back().after;
    window.pad_before = window.pad_after = pads.back().both;
  }
  const bool padded =
      std::any_of(pads.begin(), pads.end(), [](const Pads& p) { return p.copied(); });
  const Direction direction = problem.direction;
  const TensorView x = with_rows(operands.x, line), w = with_rows(operands.w, line);
  const TensorView y = with_rows(operands.y, line);
  const bool is_flipped = problem.flip && has_reach(problem);
  const bool reversed = all && is_flipped;
  to.problem.flip = is_flipped && !all;
  to.x = all || padded ? copied(x, pads, false, direction == Direction::GradInputs) : as_it_is(x);
  to.w = all ? copied(w, {}, reversed, direction == Direction::GradWeights) : as_it_is(w);
  to.y = all ? copied(y, {}, false, direction == Direction::Forward) : as_it_is(y);
  for (Passed* one : {&to.x, &to.w, &to.y}) {
    if (!one->copy) continue;
    one->place = to.copied_bytes;
    const std::size_t bytes =
        static_cast<std::size_t>(element_count(one->extents)) * size_of(operands.x.type);
    to.copied_bytes += (bytes + kBoundary - 1) / kBoundary * kBoundary;
  }
  return to;
}

}  // namespace convcheck::cudnn
