#include "checker/projection/exact_projection.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "checker/projection/exact_state.h"

namespace convcheck {
namespace {

// Integers up to kFast are read faster.
constexpr double kMiss = 0x1p-40, kLargest = 0x1p53, kFast = 0x1p51;

using projection::Operand;

// SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
std::uint64_t next_random(std::uint64_t& state) {
  std::uint64_t bits = state += 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

bool one_element_a_position(const ConvProblem& problem) {
  const auto extents = projection::summed_extents(problem);
  return extents[0] * extents[1] <= 1;
}

int rounds_for(const ConvProblem& problem, double largest) {
  const double miss = miss_probability(largest);
  if (one_element_a_position(problem) || miss == 0) return 1;
  return static_cast<int>(std::floor(std::log(kMiss) / std::log(miss))) + 1;
}

}  // namespace

// The errors e[n,k] of one position are integers of at most 2 * largest, not all 0. Let 2^v be the
// largest power of two that divides them all, and m = 64 - v: missed means that the sum of
// s[n] r[k] e'[n,k] is 0 mod 2^m, where e' = e / 2^v has an odd entry, at (n0, k0) say.
//   - Let T[n] = sum over k of r[k] e'[n,k] and 2^t divide all T[n]. Then T[n0] is 0 mod 2^t, and
//   of the 2^(t-1) odd residues that r[k0] may have mod 2^t one does that: P(t or more) <= 2^(1-t).
//   - Given T with t < m the largest such number, some T[n] / 2^t is odd, and the sum of
//   s[n] T[n] / 2^t is 0 mod 2^(m-t) for one of 2^(m-t-1) odd residues of s[n]: p(t) = 2^(t+1-m).
// The expectation of p is p(0) + the sum over t = 1 .. m-1 of (p(t) - p(t-1)) P(t or more), at most
//   2^(1-m) + (m-1) 2^(t-m) 2^(1-t)  =  m 2^(1-m)  =  (64 - v) 2^-(63-v).
// It is attained by e = ((1, -1), (-1, 1)), so it is the smallest bound. A single error, or errors
// with an odd sum of e', are never missed. As 2^v <= |e| for e != 0, v <= log2(2 * largest).
double miss_probability(double largest) {
  if (!(largest > 0)) return 0;  // no wrong result is representable
  const int v = std::max(std::ilogb(2 * largest), 0);
  return (64 - v) * std::ldexp(1.0, v - 63);
}

ExactState::ExactState(const ConvProblem& of, const Operands& with, double no_larger,
                       std::uint64_t seed)
    : problem(of), operands(with), largest(no_larger), convolution(of) {
  const auto extents = projection::summed_extents(problem);
  for (int number = 0; number < rounds_for(problem, largest); ++number) {
    Round round;
    for (std::size_t letter = 0; letter < 2; ++letter) {
      round.multipliers[letter].resize(static_cast<std::size_t>(extents[letter]));
      for (std::uint64_t& multiplier : round.multipliers[letter]) {
        multiplier = next_random(seed) | 1;
      }
    }
    const Planes planes = projected_operands(round);
    round.expected = convolution.run(planes.first.data(), planes.second.data());
    rounds.push_back(std::move(round));
  }
}

ExactState::Planes ExactState::projected_operands(const Round& round) const {
  const auto [first, second] = read_operands(problem.direction);
  const auto project = [&](Operand which, const char* name) {
    const TensorView& view = operand(which);
    const projection::PlaneMap map = projection::plane_map(problem, which, view);
    for (const double limit : {kFast, kLargest}) {
      std::vector<std::uint64_t> plane(static_cast<std::size_t>(map.size));
      if (projection::add_projection(view, map, round.multipliers, limit, plane.data())) {
        return plane;
      }
    }
    throw ConvError(ErrorKind::Unsupported, name, "an element that is no integer",
                    "integers up to 2^53");
  };
  const auto name = [](Operand which) {
    return which == Operand::X ? "x" : which == Operand::W ? "w" : "y";
  };
  return {project(first, name(first)), project(second, name(second))};
}

Compared ExactState::compare(const TensorView& result) const {
  const projection::PlaneMap map =
      projection::plane_map(problem, result_operand(problem.direction), result);
  Compared compared;
  compared.wrong.assign(static_cast<std::size_t>(map.size), kRight);
  for (std::size_t number = 0; number < rounds.size(); ++number) {
    std::vector<std::uint64_t> plane(static_cast<std::size_t>(map.size));
    compared.representable &=
        projection::add_projection(result, map, rounds[number].multipliers, largest, plane.data());
    for (std::size_t position = 0; position < plane.size(); ++position) {
      if (plane[position] == rounds[number].expected[position]) continue;
      if (compared.wrong[position] == kRight) {
        compared.wrong[position] = static_cast<std::uint8_t>(number);
        ++compared.mismatching;
      }
    }
  }
  return compared;
}

ExactProjection::ExactProjection(const ConvProblem& problem, const Operands& operands,
                                 double largest, std::uint64_t seed) {
  if (!(largest >= 0 && largest <= kLargest)) {
    throw ConvError(ErrorKind::Unsupported, "largest", std::to_string(largest),
                    "a number from 0 to 2^53");
  }
  state_ = std::make_unique<const ExactState>(problem, operands, largest, seed);
}

ExactProjection::~ExactProjection() = default;
ExactProjection::ExactProjection(ExactProjection&&) noexcept = default;
ExactProjection& ExactProjection::operator=(ExactProjection&&) noexcept = default;

int ExactProjection::rounds() const { return static_cast<int>(state_->rounds.size()); }

double ExactProjection::miss_probability() const {
  if (one_element_a_position(state_->problem)) return 0;
  return std::pow(convcheck::miss_probability(state_->largest), rounds());
}

ProjectionCheck ExactProjection::check(const TensorView& result) const {
  const Compared compared = state_->compare(result);
  return {compared.representable, static_cast<std::int64_t>(compared.wrong.size()),
          compared.mismatching, rounds(), miss_probability()};
}

}  // namespace convcheck
