#include "checker/projection/real_projection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "checker/projection/plane_convolution.h"
#include "checker/projection/planes.h"
#include "checker/projection/random.h"
#include "checker/projection/real_bound.h"

namespace convcheck {

using projection::Operand;
using Plane = std::vector<double>;

// What does not depend on the result. Thresholds are absolute, one a position.
struct RealState {
  ConvProblem problem;
  projection::Multipliers<double> signs, ones;
  Plane expected;
  Plane threshold;         // without the rounding to the output type, where that is coarser
  double output_roundoff;  // u_out where it is, otherwise 0: it is in `threshold`
  double output_kappa;
  double elements;  // a position
};

namespace {

constexpr double kJudge = 0x1p-53;

Plane random_signs(std::int64_t count, std::uint64_t& seed) {
  Plane signs(static_cast<std::size_t>(count));
  for (double& sign : signs) sign = projection::next_random(seed) >> 63 ? -1 : 1;
  return signs;
}

Operand result_of(Direction direction) {
  return direction == Direction::Forward      ? Operand::Y
         : direction == Direction::GradInputs ? Operand::X
                                              : Operand::W;
}

Plane projected(const ConvProblem& problem, Operand operand, const TensorView& view,
                const projection::Multipliers<double>& multipliers,
                projection::Reading reading = projection::Reading::Value) {
  const projection::PlaneMap map = projection::plane_map(problem, operand, view);
  Plane plane(static_cast<std::size_t>(map.size));
  projection::add_projection(view, map, multipliers, 0, plane.data(), reading);
  return plane;
}

Plane expected_plane(const projection::PlaneConvolution<double>& convolution,
                     const ConvProblem& problem, const Operands& operands,
                     const projection::Multipliers<double>& signs) {
  std::optional<projection::ProjectedPlanes<double>> x, y;
  projection::PlaneOperands<double> planes;
  Plane w;
  if (problem.direction != Direction::GradInputs) {
    planes.x = &x.emplace(problem, Operand::X, operands.x, signs, 0);
  }
  if (problem.direction != Direction::GradWeights) {
    w = projected(problem, Operand::W, operands.w, signs);
    planes.w = w.data();
  }
  if (problem.direction != Direction::Forward) {
    planes.y = &y.emplace(problem, Operand::Y, operands.y, signs, 0);
  }
  return convolution.run(planes);
}

// Half of the smallest number above 0: no rounding to the type is more precise than this.
double underflow(DataType type) {
  switch (type) {
    case DataType::F64:
      return 0x1p-1074;
    case DataType::F32:
      return 0x1p-150;
    case DataType::F16:
      return 0x1p-25;
    default:
      return 0x1p-134;
  }
}

}  // namespace

// With t = terms, M = N K elements a position, Z = sqrt(A B), e = 2^-53.
//   - Every element is a sum of t products in t - 1 additions, each rounded: the errors are bounded
//   by u |product| and u |partial sum| <= u sum of |a b|, so the sum of their squares is at most
//   t u^2 (sum of |a b|)^2, and over the position t u^2 A B. Growth of the partial sums by the
//   errors themselves: the factor exp(t u) - Higham and Mary 2019.
//   - Products that underflow add at most t times half the smallest number of the accumulator's
//   type.
//   - Rounding to the output type adds |E| <= u_out |y| + underflow, whatever its distribution. If
//   u_out <= u, |y| <= 2 sum of |a b| serves; otherwise the sum of y^2 is formed from the result.
//   - The judge adds M numbers whose magnitudes sum to at most sqrt(M) sqrt(sum of y^2), with |y|
//   <= 2 sum of |a b|, and forms the expected plane from sums of N, K and `depth` numbers whose
//   products' magnitudes sum to at most sqrt(M) Z; each sum of m numbers is off by at most
//   m e / (1 - m e) of them: Higham 2002, section 4.2.
RealProjection::RealProjection(const ConvProblem& problem, const Operands& operands,
                               DataType accumulator, std::uint64_t seed) {
  const projection::PlaneConvolution<double> convolution(problem);
  const auto extents = projection::summed_extents(problem);
  RealState state{problem, {}, {}, {}, {}, 0, 0, 0};
  for (std::size_t letter = 0; letter < 2; ++letter) {
    state.signs[letter] = random_signs(extents[letter], seed);
    state.ones[letter].assign(state.signs[letter].size(), 1);
  }
  state.expected = expected_plane(convolution, problem, operands, state.signs);

  const DataType output = operands.result(problem.direction).type;
  const double u = unit_roundoff(accumulator), u_out = unit_roundoff(output);
  const auto terms = static_cast<double>(convolution.depth());
  const auto positions = static_cast<std::int64_t>(state.expected.size());
  const int letters = (extents[0] > 1) + (extents[1] > 1);
  state.elements = static_cast<double>(extents[0]) * static_cast<double>(extents[1]);
  state.output_kappa = projection::fixed_kappa(letters, positions);
  state.output_roundoff = u_out > u ? u_out : 0;

  const double root = std::sqrt(std::max(state.elements, 1.0));
  double factor = projection::rounding_kappa(letters, positions) * std::sqrt(terms) * u;
  factor *= std::exp(std::min(terms * u, 100.0));
  if (u_out <= u) factor += 2 * state.output_kappa * u_out;
  const double additions =
      2 * state.elements + static_cast<double>(extents[0] + extents[1]) + terms;
  factor += 1.01 * (additions + 8) * kJudge * root;
  state.threshold = projection::norm_products(problem, operands);
  const double smallest = underflow(output) + terms * underflow(accumulator);
  for (double& threshold : state.threshold) {
    threshold = factor * std::sqrt(threshold) + state.output_kappa * smallest * root;
  }
  state_ = std::make_unique<const RealState>(std::move(state));
}

RealProjection::~RealProjection() = default;
RealProjection::RealProjection(RealProjection&&) noexcept = default;
RealProjection& RealProjection::operator=(RealProjection&&) noexcept = default;

// An error e in one element leaves |Q| >= |e| - |Q of the others|, which is above the threshold T
// when |e| > 2 T; where T contains the result, it grows by no more than kappa' u_out |e|.
RealCheck RealProjection::check(const TensorView& result) const {
  const RealState& state = *state_;
  const Operand operand = result_of(state.problem.direction);
  const Plane plane = projected(state.problem, operand, result, state.signs);
  Plane squares;
  if (state.output_roundoff > 0) {
    squares = projected(state.problem, operand, result, state.ones, projection::Reading::Square);
  }
  RealCheck check;
  check.positions = static_cast<std::int64_t>(plane.size());
  if (state.elements == 0) return check;
  const double output = state.output_kappa * state.output_roundoff;
  for (std::size_t position = 0; position < plane.size(); ++position) {
    double threshold = state.threshold[position];
    if (!squares.empty()) threshold += output * std::sqrt(squares[position] * (1 + 0x1p-20));
    const double difference = std::abs(plane[position] - state.expected[position]);
    const bool right = difference <= threshold && std::isfinite(difference);
    const double ratio = !std::isfinite(difference) ? std::numeric_limits<double>::infinity()
                         : difference == 0          ? 0
                                                    : difference / threshold;
    check.violated |= !right;
    check.worst_ratio = std::max(check.worst_ratio, ratio);
    check.element_limit = std::max(check.element_limit, 2.001 * threshold / (1 - output));
    check.rms_limit = std::max(check.rms_limit, threshold / std::sqrt(state.elements));
  }
  return check;
}

}  // namespace convcheck
