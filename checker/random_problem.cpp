#include "checker/random_problem.h"

#include <algorithm>

#include "checker/draw.h"

namespace convcheck {
namespace {

AxisBorder random_border(Draw& draw) {
  switch (draw.from(0, 4)) {
    case 0:
      return valid;
    case 1:
      return half;
    case 2:
      return full;
    case 3:
      return AxisBorder(draw.from(0, 4));
    default: {
      const std::int64_t before = draw.from(0, 4);
      return AxisBorder(before, draw.from(0, 4));
    }
  }
}

Window random_window(Draw& draw) {
  Window window;
  window.filter = draw.from(1, 4);
  window.dilation = draw.from(1, 3);
  window.stride = draw.from(1, 3);
  const Pads pads = to_pads(random_border(draw), window.dilated_filter());
  window.pad_before = pads.before;
  window.pad_after = pads.after;
  window.input = std::max<std::int64_t>(0, window.dilated_filter() - pads.before - pads.after) +
                 draw.from(0, 5);
  return window;
}

}  // namespace

ConvProblem random_problem(std::uint64_t seed) {
  Draw draw(seed);
  ConvProblem problem;
  problem.rank = static_cast<std::size_t>(draw.from(1, 3));
  problem.batch = draw.from(1, 3);
  problem.groups = draw.from(1, 3);
  problem.channels = problem.groups * draw.from(1, 2);
  problem.filters = problem.groups * draw.from(1, 3);
  problem.flip = draw.coin();
  problem.unshared = draw.coin();
  for (Window& window : problem.axes()) window = random_window(draw);
  return problem;
}

}  // namespace convcheck
