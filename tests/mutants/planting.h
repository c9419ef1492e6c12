// Short ways to plant a mistake.
#pragma once

#include <functional>
#include <utility>

#include "tests/mutants/mutants.h"

namespace convcheck {

// A mistake in every window.
inline Mistakes in_windows(const std::function<void(Window&)>& change) {
  return {.problem = [change](ConvProblem& problem) {
    for (Window& window : problem.axes()) change(window);
  }};
}

inline Mistakes moved(std::function<void(const ConvProblem&, Product&)> moves) {
  return {.moves = std::move(moves)};
}

inline Mistakes dropped(std::function<bool(const ConvProblem&, const Product&)> drops) {
  return {.drops = std::move(drops)};
}

inline Mistakes written(std::function<double(const Finished&)> writes) {
  return {.writes = std::move(writes)};
}

inline std::size_t last_axis(const ConvProblem& problem) { return problem.rank - 1; }

// Whether the product is on padding, after its input coordinates were moved.
inline void mark_padding(const ConvProblem& problem, Product& at) {
  at.padding = false;
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    at.padding |= at.i[axis] < 0 || at.i[axis] >= problem.windows[axis].input;
  }
}

}  // namespace convcheck
