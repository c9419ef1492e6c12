#include <algorithm>
#include <cmath>

#include "checker/debug/examine.h"

namespace convcheck::debug {
namespace {

// The largest magnitude of a host view.
double largest(const TensorView& view) {
  double most = 0;
  if (view.empty()) return most;
  Index at(view.rank(), 0);
  do most = std::max(most, std::abs(view.at(at)));
  while (advance(at, view.extents));
  return most;
}

}  // namespace

Data users_data(const ConvProblem& problem, const Operands& operands, const CallTypes& types) {
  Data data;
  data.fill = Fill::Real;
  data.terms = max_terms(problem);
  if (!(types.amplification > 0)) return data;
  const bool reads_x = problem.direction != Direction::GradInputs;
  const bool reads_w = problem.direction != Direction::GradWeights;
  data.largest = static_cast<double>(data.terms) * largest(reads_x ? operands.x : operands.w) *
                 largest(reads_x && reads_w ? operands.w : operands.y);
  return data;
}

}  // namespace convcheck::debug
