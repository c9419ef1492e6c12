// What examining a call costs, and the elements it may ask the oracle about.
#include <algorithm>
#include <cmath>

#include "checker/debug/examine.h"
#include "checker/projection/projection_cost.h"
#include "checker/projection/random.h"
#include "checker/sample.h"
#include "reference/oracle.h"

namespace convcheck::debug {
namespace {

// A projection that takes longer is replaced by samples: filters as large as their input.
constexpr double kAffordable = 5;  // seconds
// Beside a projection the oracle may take so many steps for each element that is projected, which
// is a fiftieth of the projection's time.
constexpr double kStepsBeside = 1.0 / 1024;

double projection_seconds(const ConvProblem& problem) {
  const ProjectionCost cost = real_projection_cost(problem);
  return cost.prepare + cost.check;
}

double sampled_seconds(const ConvProblem& problem, double loops, std::int64_t samples) {
  const std::int64_t size = element_count(problem.result_shape());
  return std::min(loops, loops * static_cast<double>(samples) /
                             static_cast<double>(std::max<std::int64_t>(1, size)));
}

}  // namespace

DebugLevel cheapest_way(const ConvProblem& problem, DebugLevel level, std::int64_t samples,
                        bool can_project) {
  if (level > DebugLevel::Projection) return DebugLevel::Full;
  if (level == DebugLevel::Sampled) {
    const bool all = element_count(problem.result_shape()) <= samples;
    return all ? DebugLevel::Full : DebugLevel::Sampled;
  }
  const double projected = projection_seconds(problem);
  if (full_loops_cost(problem) <= projected) return DebugLevel::Full;
  return can_project && projected <= kAffordable ? DebugLevel::Projection : DebugLevel::Sampled;
}

double examine_seconds(const ConvProblem& problem, const How& how) {
  const double loops = full_loops_cost(problem);
  switch (cheapest_way(problem, how.level, how.samples, true)) {
    case DebugLevel::Sampled:
      return sampled_seconds(problem, loops, how.samples);
    case DebugLevel::Projection:
      return projection_seconds(problem);
    default:
      return loops;
  }
}

std::vector<Index> draw_sample(const ConvProblem& problem, std::int64_t samples,
                               std::uint64_t seed) {
  const std::int64_t size = element_count(problem.result_shape());
  if (size == 0 || samples < 1) return {};
  const SampleLimits limits{.taps = std::min(size - 1, samples) * oracle_steps(problem),
                            .elements = samples,
                            .least = samples};
  return sample(problem, limits, seed).elements;
}

std::vector<Index> sampled(const ConvProblem& problem, const How& how, std::int64_t wanted) {
  const std::vector<Index> own =
      how.sample == nullptr ? draw_sample(problem, wanted, how.seed) : std::vector<Index>();
  const std::vector<Index>& all = how.sample == nullptr ? own : *how.sample;
  std::vector<Index> some;
  std::uint64_t state = how.seed;
  const std::uint64_t first = projection::next_random(state);
  for (std::size_t i = 0; i < all.size() && i < static_cast<std::size_t>(wanted); ++i) {
    some.push_back(all[(first % all.size() + i) % all.size()]);
  }
  return some;
}

// As many as kStepsBeside allows; where it allows less than one, one in some calls.
std::int64_t samples_beside(const ConvProblem& problem, const How& how, int calls) {
  const auto steps = static_cast<double>(oracle_steps(problem));
  const double affordable = calls * elements_in_all(problem) * kStepsBeside / steps;
  if (affordable >= 1) return static_cast<std::int64_t>(std::min(256.0, affordable));
  std::uint64_t state = ~how.seed;
  const double chance = std::ldexp(static_cast<double>(projection::next_random(state)), -64);
  return how.fresh || chance < affordable ? 1 : 0;
}

double elements_in_all(const ConvProblem& problem) {
  double all = 0;
  for (const Shape& shape : {problem.x_shape(), problem.w_shape(), problem.y_shape()}) {
    all += static_cast<double>(element_count(shape));
  }
  return all;
}

}  // namespace convcheck::debug
