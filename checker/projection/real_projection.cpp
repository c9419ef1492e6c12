#include "checker/projection/real_projection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "checker/projection/plane_convolution.h"
#include "checker/projection/planes.h"
#include "checker/projection/random.h"
#include "checker/projection/real_bound.h"
#include "checker/projection/real_sums.h"

namespace convcheck {

using Plane = std::vector<double>;

// What does not depend on the result. Thresholds are absolute, one a position.
struct RealState {
  ConvProblem problem;
  projection::Multipliers<double> signs;
  int threads;
  Plane expected;
  Plane threshold;         // without the rounding to the output type, where that is coarser
  double rigorous;         // how many times the threshold errors that conspire can reach
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

projection::Multipliers<double> all_signs(const ConvProblem& problem, std::uint64_t seed) {
  const auto extents = projection::summed_extents(problem);
  projection::Multipliers<double> signs;
  for (std::size_t letter = 0; letter < 2; ++letter) {
    signs[letter] = random_signs(extents[letter], seed);
  }
  return signs;
}

// Whether rounding to the output type is coarser than the sums.
bool rounds_again(DataType output, const RealArithmetic& arithmetic) {
  return unit_roundoff(output) > unit_roundoff(arithmetic.accumulator);
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
//   - Inputs that are rounded to fewer bits add (2 u_in + u_in^2) sum of |a b|, whatever the signs.
//   - For errors that conspire, every element is off by at most t u (sum of |a b|), whatever the
//   order of summation: Jeannerod and Rump 2013. The sum of the squares is at most (t u)^2 A B.
//   - The judge adds M numbers whose magnitudes sum to at most sqrt(M) sqrt(sum of y^2), with |y|
//   <= 2 sum of |a b|, and forms the expected plane from sums of N, K and `depth` numbers whose
//   products' magnitudes sum to at most sqrt(M) Z; each sum of m numbers is off by at most
//   m e / (1 - m e) of them: Higham 2002, section 4.2.
RealProjection::RealProjection(const ConvProblem& problem, const Operands& operands,
                               const RealArithmetic& arithmetic, std::uint64_t seed, int threads) {
  const projection::Multipliers<double> signs = all_signs(problem, seed);
  projection::RealSums sums = projection::real_sums(problem, operands, signs, threads);
  *this = RealProjection(problem, std::move(sums), operands.result(problem.direction).type,
                         arithmetic, seed, threads);
}

RealProjection::RealProjection(const ConvProblem& problem, projection::RealSums sums,
                               DataType output, const RealArithmetic& arithmetic,
                               std::uint64_t seed, int threads) {
  const projection::PlaneConvolution<double> convolution(problem);
  const auto extents = projection::summed_extents(problem);
  RealState state{problem, all_signs(problem, seed), threads, {}, {}, 1, 0, 0, 0};
  state.expected = std::move(sums.expected);
  const double u = unit_roundoff(arithmetic.accumulator), u_out = unit_roundoff(output);
  const double u_in = arithmetic.input_bits > 0 ? std::ldexp(1.0, -arithmetic.input_bits) : 0;
  const auto terms = static_cast<double>(convolution.depth());
  const auto positions = static_cast<std::int64_t>(state.expected.size());
  const int letters = (extents[0] > 1) + (extents[1] > 1);
  state.elements = static_cast<double>(extents[0]) * static_cast<double>(extents[1]);
  state.output_kappa = projection::fixed_kappa(letters, positions);
  state.output_roundoff = rounds_again(output, arithmetic) ? u_out : 0;

  const double root = std::sqrt(std::max(state.elements, 1.0));
  double model = projection::rounding_kappa(letters, positions) * std::sqrt(terms) * u;
  model *= std::exp(std::min(terms * u, 100.0));
  double others = state.output_kappa * (2 * u_in + u_in * u_in);
  if (u_out <= u) others += 2 * state.output_kappa * u_out;
  const double additions =
      2 * state.elements + static_cast<double>(extents[0] + extents[1]) + terms;
  others += 1.01 * (additions + 8) * kJudge * root;
  const double factor = model + others;
  if (factor > 0) {
    state.rigorous = std::max(1.0, (state.output_kappa * terms * u + others) / factor);
  }
  state.threshold = projection::norm_products(problem, sums);
  const double smallest = underflow(output) + terms * underflow(arithmetic.accumulator);
  for (double& threshold : state.threshold) {
    threshold = factor * std::sqrt(threshold) + state.output_kappa * smallest * root;
  }
  state_ = std::make_unique<const RealState>(std::move(state));
}

std::pair<RealProjection, RealCheck> RealProjection::of_call(const ConvProblem& problem,
                                                             const Operands& operands,
                                                             const RealArithmetic& arithmetic,
                                                             std::uint64_t seed, int threads) {
  const DataType output = operands.result(problem.direction).type;
  projection::CallSums sums = projection::call_sums(problem, operands, all_signs(problem, seed),
                                                    rounds_again(output, arithmetic), threads);
  RealProjection projection(problem, std::move(sums.of_operands), output, arithmetic, seed,
                            threads);
  const RealCheck check = projection.check(sums.of_result);
  return {std::move(projection), check};
}

RealProjection::~RealProjection() = default;
RealProjection::RealProjection(RealProjection&&) noexcept = default;
RealProjection& RealProjection::operator=(RealProjection&&) noexcept = default;

const std::array<std::vector<double>, 2>& RealProjection::signs() const { return state_->signs; }

// An error e in one element leaves |Q| >= |e| - |Q of the others|, which is above the threshold T
// when |e| > 2 T; where T contains the result, it grows by no more than kappa' u_out |e|.
RealCheck RealProjection::check(const TensorView& result) const {
  return check(projection::result_sums(state_->problem, result, state_->signs, needs_squares(),
                                       state_->threads));
}

bool RealProjection::needs_squares() const { return state_->output_roundoff > 0; }

RealCheck RealProjection::check(const projection::ResultSums& sums) const {
  const RealState& state = *state_;
  RealCheck check;
  check.positions = static_cast<std::int64_t>(sums.values.size());
  if (state.elements == 0) return check;
  const double output = state.output_kappa * state.output_roundoff;
  double largest = 0;  // of the thresholds
  for (std::size_t position = 0; position < sums.values.size(); ++position) {
    double threshold = state.threshold[position];
    if (state.output_roundoff > 0) {
      threshold += output * std::sqrt(sums.squares[position] * (1 + 0x1p-20));
    }
    largest = std::max(largest, threshold);
    const double difference = std::abs(sums.values[position] - state.expected[position]);
    const bool is_finite = threshold <= std::numeric_limits<double>::max();
    if (is_finite && difference <= std::min(check.worst_ratio, 1.0) * threshold) continue;
    const bool seen =
        std::isfinite(state.expected[position]) && std::isfinite(state.threshold[position]);
    check.unseen += seen ? 0 : 1;
    const bool right = difference <= threshold && std::isfinite(difference);
    const double ratio = !std::isfinite(difference) ? std::numeric_limits<double>::infinity()
                         : difference == 0          ? 0
                                                    : difference / threshold;
    check.violated |= !right;
    check.impossible |= seen && !(difference <= state.rigorous * threshold);
    if (ratio > check.worst_ratio) {
      check.worst_ratio = ratio;
      check.worst_position = static_cast<std::int64_t>(position);
    }
  }
  check.element_limit = 2.001 * largest / (1 - output);
  check.rms_limit = largest / std::sqrt(state.elements);
  return check;
}

}  // namespace convcheck
