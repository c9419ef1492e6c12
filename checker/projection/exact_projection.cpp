#include "checker/projection/exact_projection.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "checker/projection/exact_state.h"
#include "checker/projection/random.h"

namespace convcheck {
namespace {

constexpr double kMiss = 0x1p-40, kLargest = 0x1p53;
// Integers up to this are read faster.
constexpr double kFast = 0x1p51;
// Positions that are compared at once: new memory costs more than calls.
constexpr std::int64_t kTogether = std::int64_t{1} << 15;

using projection::Operand;

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
      round.states[letter] = seed;
      round.multipliers[letter].resize(static_cast<std::size_t>(extents[letter]));
      for (std::uint64_t& multiplier : round.multipliers[letter]) {
        multiplier = projection::next_random(seed) | 1;
      }
    }
    round.expected = expected_plane(round);
    rounds.push_back(std::move(round));
  }
}

std::vector<std::uint64_t> ExactState::expected_plane(const Round& round) const {
  using Source = projection::ProjectedPlanes<std::uint64_t>;
  for (const double limit : {kFast, kLargest}) {
    std::optional<Source> x, y;
    projection::PlaneOperands<std::uint64_t> planes;
    std::vector<std::uint64_t> w;
    bool good = true;
    if (problem.direction != Direction::GradInputs) {
      planes.x = &x.emplace(problem, Operand::X, operands.x, round.multipliers, limit);
    }
    if (problem.direction != Direction::GradWeights) {
      w = projected(Operand::W, round, limit, good);
      planes.w = w.data();
    }
    if (problem.direction != Direction::Forward) {
      planes.y = &y.emplace(problem, Operand::Y, operands.y, round.multipliers, limit);
    }
    std::vector<std::uint64_t> expected = convolution.run(planes);
    if (good && (!x || x->good()) && (!y || y->good())) return expected;
  }
  throw ConvError(ErrorKind::Unsupported, "operands", "an element that is no integer",
                  "integers up to 2^53");
}

std::vector<std::uint64_t> ExactState::projected(Operand which, const Round& round, double limit,
                                                 bool& good) const {
  const projection::PlaneMap map = projection::plane_map(problem, which, operand(which));
  std::vector<std::uint64_t> plane(static_cast<std::size_t>(map.size));
  good &= projection::add_projection(operand(which), map, round.multipliers, limit, plane.data());
  return plane;
}

ExactState::Planes ExactState::projected_operands(const Round& round) const {
  const auto [first, second] = read_operands(problem.direction);
  bool good = true;
  return {projected(first, round, kLargest, good), projected(second, round, kLargest, good)};
}

Compared ExactState::compare(const TensorView& result) const {
  if (result.memory == MemoryKind::Cuda) return compare_on_device(result);
  Compared compared;
  const std::int64_t groups = problem.groups;
  const std::int64_t positions = static_cast<std::int64_t>(rounds[0].expected.size()) / groups;
  const std::int64_t together =
      std::clamp<std::int64_t>(kTogether / std::max<std::int64_t>(positions, 1), 1, groups);
  for (std::size_t number = 0; number < rounds.size(); ++number) {
    for (std::int64_t first = 0; first < groups; first += together) {
      const std::int64_t count = std::min(together, groups - first);
      compare_groups(result, number, {first, count, positions}, compared);
    }
  }
  return compared;
}

void ExactState::compare_groups(const TensorView& result, std::size_t number, const Groups& groups,
                                Compared& compared) const {
  const std::size_t axis = problem.direction == Direction::GradWeights ? 0 : 1;
  const std::int64_t size = result.extents[axis] / problem.groups;
  const TensorView some = projection::part(result, axis, groups.first * size, groups.count * size);
  ConvProblem of_groups = problem;
  of_groups.groups = groups.count;
  const projection::PlaneMap map =
      projection::plane_map(of_groups, result_operand(problem.direction), some);
  std::vector<std::uint64_t> plane(static_cast<std::size_t>(map.size));
  compared.representable &=
      projection::add_projection(some, map, rounds[number].multipliers, largest, plane.data());
  compare_plane(plane.data(), number, groups.first * groups.positions, map.size, compared);
}

void ExactState::compare_plane(const std::uint64_t* plane, std::size_t number, std::int64_t first,
                               std::int64_t count, Compared& compared) const {
  for (std::int64_t at = 0; at < count; ++at) {
    const auto place = static_cast<std::size_t>(first + at);
    if (plane[at] == rounds[number].expected[place]) continue;
    compared.wrong.resize(rounds[0].expected.size(), kRight);
    if (compared.wrong[place] != kRight) continue;
    compared.wrong[place] = static_cast<std::uint8_t>(number);
    ++compared.mismatching;
  }
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
  return {compared.representable, static_cast<std::int64_t>(state_->rounds[0].expected.size()),
          compared.mismatching, rounds(), miss_probability()};
}

}  // namespace convcheck
