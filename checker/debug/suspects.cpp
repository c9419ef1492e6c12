// Where the error is that a projection saw.
#include <cmath>

#include "checker/debug/examine.h"
#include "checker/projection/mapped.h"
#include "reference/oracle.h"

namespace convcheck::debug {
namespace {

using projection::Mapped;
using projection::Operand;

Operand result_operand(Direction direction) {
  return direction == Direction::Forward      ? Operand::Y
         : direction == Direction::GradInputs ? Operand::X
                                              : Operand::W;
}

// The same problem with the first of the two projected letters summed away.
struct OneLetter {
  ConvProblem problem;
  Operands operands;
  Tensor projected;  // owns one of them
};

// Sums the images, or the filters of each group, of a host view.
Tensor summed(const TensorView& view, std::size_t axis, std::int64_t groups,
              const std::vector<double>& signs) {
  Shape shape = view.extents;
  shape[axis] = groups;
  const auto each = static_cast<std::int64_t>(signs.size());
  Tensor sums(shape, DataType::F64);
  if (view.empty()) return sums;
  Index at(view.rank(), 0);
  do {
    Index to = at;
    to[axis] = at[axis] / each;
    const double sign = signs[static_cast<std::size_t>(at[axis] % each)];
    sums.set(to, sums.at(to) + sign * view.at(at));
  } while (advance(at, view.extents));
  return sums;
}

OneLetter without_first_letter(const ConvProblem& problem, const Operands& operands,
                               const std::vector<double>& signs) {
  OneLetter one{problem, operands, {}};
  if (problem.direction == Direction::Forward) {
    one.projected = summed(operands.x, 0, 1, signs);
    one.operands.x = one.projected;
    one.problem.batch = 1;
  } else {
    const bool of_weights = problem.direction == Direction::GradWeights;
    one.projected = summed(operands.y, of_weights ? 1 : 0, of_weights ? problem.groups : 1, signs);
    one.operands.y = one.projected;
    if (of_weights) one.problem.filters = problem.groups;
    if (!of_weights) one.problem.batch = 1;
  }
  return one;
}

}  // namespace

std::vector<Index> suspects(const ConvProblem& problem, const Operands& operands,
                            const std::array<std::vector<double>, 2>& signs,
                            std::int64_t position) {
  const TensorView& result = operands.result(problem.direction);
  const Mapped mapped(problem, result_operand(problem.direction), result);
  const OneLetter one = without_first_letter(problem, operands, signs[0]);
  const auto first = static_cast<std::int64_t>(signs[0].size());
  const auto second = static_cast<std::int64_t>(signs[1].size());
  const std::size_t first_axis = 0;  // of the result: n, n and k
  double largest = -1;
  std::int64_t worst = 0;
  for (std::int64_t b = 0; b < second && std::isfinite(largest); ++b) {
    Index at = mapped.element(position, {0, b});
    double got = 0;
    for (std::int64_t a = 0; a < first; ++a) {
      got += signs[0][static_cast<std::size_t>(a)] * result.at(mapped.element(position, {a, b}));
    }
    at[first_axis] =
        problem.direction == Direction::GradWeights ? at[first_axis] / problem.group_filters() : 0;
    const double off = std::abs(got - result_at(one.problem, one.operands, at).value);
    if (std::isfinite(off) && off <= largest) continue;
    largest = off;
    worst = b;
  }
  std::vector<Index> elements;
  for (std::int64_t a = 0; a < first; ++a) elements.push_back(mapped.element(position, {a, worst}));
  return elements;
}

}  // namespace convcheck::debug
