// Small calls with their right results, for the tests of the projection of integers.
#pragma once

#include <vector>

#include "checker/projection/exact_projection.h"
#include "reference/loops.h"

namespace convcheck {

// Two groups, a stride, a dilation and asymmetric pads.
inline ConvProblem small_problem(Direction direction, bool unshared = false) {
  ConvProblem problem;
  problem.direction = direction;
  problem.batch = 3;
  problem.channels = 4;
  problem.filters = 6;
  problem.groups = 2;
  problem.unshared = unshared;
  problem.windows[0] = {7, 3, 2, 1, 1, 0};
  problem.windows[1] = {8, 2, 1, 2, 0, 2};
  validate(problem);
  return problem;
}

inline void fill_integers(const TensorView& view, std::uint64_t seed, int range = 4) {
  if (view.empty()) return;
  Index at(view.rank(), 0);
  do {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    view.set(
        at, static_cast<double>(static_cast<std::int64_t>((seed >> 33) % (2 * range + 1))) - range);
  } while (advance(at, view.extents));
}

struct Finished {
  ConvProblem problem;
  Tensor x, w, y;
  Operands operands;

  explicit Finished(const ConvProblem& of, DataType type = DataType::F64, int range = 4)
      : problem(of),
        x(problem.x_shape(), type),
        w(problem.w_shape(), type),
        y(problem.y_shape(), type),
        operands{x, w, y} {
    fill_integers(x, 1, range);
    fill_integers(w, 2, range);
    fill_integers(y, 3, range);
    compute_by_loops(problem, operands);
  }
  const TensorView& result() const { return operands.result(problem.direction); }
  ExactProjection projection(double largest = 0x1p16) const {
    return ExactProjection(problem, operands, largest, 7);
  }
};

inline std::vector<Finished> all_small() {
  std::vector<Finished> all;
  for (const bool unshared : {false, true}) {
    for (const Direction direction : kAllDirections) {
      all.emplace_back(small_problem(direction, unshared));
    }
  }
  return all;
}

inline void add(const TensorView& view, const Index& at, double error) {
  view.set(at, view.at(at) + error);
}

inline std::vector<Index> places(const Located& located) {
  std::vector<Index> at;
  for (const WrongElement& element : located.wrong) at.push_back(element.at);
  return at;
}

}  // namespace convcheck
