// What examining a call costs, and the elements it may ask the oracle about.
#include <algorithm>

#include "checker/debug/examine.h"
#include "checker/projection/projection_cost.h"
#include "checker/sample.h"
#include "reference/oracle.h"

namespace convcheck::debug {
namespace {

// A projection that takes longer is replaced by samples: filters as large as their input.
constexpr double kAffordable = 5;  // seconds

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

}  // namespace convcheck::debug
