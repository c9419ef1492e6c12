#include "checker/projection/planes.h"

namespace convcheck::projection {
namespace {

// The multipliers of n, k and c, or -1.
struct Summed {
  int n = -1, k = -1, c = -1;
};

Summed summed_letters(Direction direction) {
  switch (direction) {
    case Direction::GradInputs:
      return {0, -1, 1};
    case Direction::GradWeights:
      return {-1, 0, 1};
    default:
      return {0, 1, -1};
  }
}

}  // namespace

std::array<std::int64_t, 2> summed_extents(const ConvProblem& problem) {
  switch (problem.direction) {
    case Direction::GradInputs:
      return {problem.batch, problem.group_channels()};
    case Direction::GradWeights:
      return {problem.group_filters(), problem.group_channels()};
    default:
      return {problem.batch, problem.group_filters()};
  }
}

std::int64_t summed_letter(const ConvProblem& problem) {
  switch (problem.direction) {
    case Direction::GradInputs:
      return problem.group_filters();
    case Direction::GradWeights:
      return problem.batch;
    default:
      return problem.group_channels();
  }
}

TensorView part(TensorView view, std::size_t axis, std::int64_t first, std::int64_t count) {
  if (!view.empty()) {
    view.data = static_cast<std::byte*>(view.data) +
                first * view.strides[axis] * static_cast<std::int64_t>(size_of(view.type));
  }
  view.extents[axis] = count;
  return view;
}

PlaneMap plane_map(const ConvProblem& problem, Operand operand, const TensorView& view) {
  const Summed summed = summed_letters(problem.direction);
  PlaneMap map;
  std::size_t axis = 0;
  const auto add = [&](int multipliers) {
    map.axes.push_back({view.extents[axis], view.strides[axis], 0, multipliers});
    ++axis;
  };
  const auto add_split = [&](int multipliers) {
    const std::int64_t inner = view.extents[axis] / problem.groups, stride = view.strides[axis];
    map.axes.push_back({problem.groups, stride * inner, 0, -1});
    map.axes.push_back({inner, stride, 0, multipliers});
    ++axis;
  };
  if (operand == Operand::W) {
    add_split(summed.k);
    for (std::size_t o = 0; problem.unshared && o < problem.rank; ++o) add(-1);
    add(summed.c);
  } else {
    add(summed.n);
    add_split(operand == Operand::X ? summed.c : summed.k);
  }
  while (axis < view.rank()) add(-1);
  map.size = 1;
  for (std::size_t at = map.axes.size(); at-- > 0;) {
    if (map.axes[at].summed >= 0) continue;
    map.axes[at].to = map.size;
    map.size *= map.axes[at].extent;
  }
  return map;
}

}  // namespace convcheck::projection
