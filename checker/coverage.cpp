#include "checker/coverage.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "checker/judge.h"
#include "checker/projection/exact_projection.h"
#include "checker/projection/projection_cost.h"

namespace convcheck {
namespace {

constexpr double kNextToNothing = 100e-6;  // seconds
// Steps of the oracle beside a projection, and the fewest and most elements for them.
constexpr SampleLimits kBesideProjection{
    .taps = std::int64_t{1} << 15, .elements = 256, .least = 8};
// Filters as large as their input have a projection of nearly as many products as the whole result
// (4500 s for one of 192 x 192 x 192): what takes longer than this is sampled.
constexpr double kAffordable = 5;  // seconds
constexpr double kOneMiss = 0x1p-40;

constexpr SampleLimits kEverything{.taps = std::numeric_limits<std::int64_t>::max(),
                                   .elements = std::numeric_limits<std::int64_t>::max(),
                                   .least = 8};

int rounds_of(double largest) {
  const double miss = miss_probability(largest);
  return miss == 0 ? 1 : static_cast<int>(std::ceil(std::log(kOneMiss) / std::log(miss)));
}

// Of many elements with few steps each not all: each costs the oracle as much as thirty steps.
SampleLimits beside_projection(const ConvProblem& problem) {
  SampleLimits limits = kBesideProjection;
  limits.taps = limits.elements *
                std::clamp<std::int64_t>(oracle_steps(problem), 1, limits.taps / limits.elements);
  return limits;
}

double sampling_seconds(const ConvProblem& problem, const SampleLimits& limits, double loops) {
  const auto size =
      static_cast<double>(std::max<std::int64_t>(1, element_count(problem.result_shape())));
  return loops * static_cast<double>(sample_size(problem, limits)) / size;
}

}  // namespace

CoveragePlan plan_coverage(const ConvProblem& problem, const CallTypes& types, const Data& data,
                           const SampleLimits& limits) {
  const double loops = full_loops_cost(problem);
  const CoveragePlan by_loops{Coverage::Loops, kEverything, loops};
  if (loops <= kNextToNothing) return by_loops;
  // The real projection knows no rounded inputs and no transforms.
  const bool projects = data.exact() ? Judge(problem, types, data).stores_exactly()
                                     : types.input_bits == 0 && !(types.amplification > 0);
  const double sampled = sampling_seconds(problem, limits, loops);
  const CoveragePlan by_sample =
      loops <= sampled ? by_loops : CoveragePlan{Coverage::Sample, limits, sampled};
  if (!projects || data.fill == Fill::Special) return by_sample;
  const ProjectionCost cost = data.exact() ? exact_projection_cost(problem, rounds_of(data.largest))
                                           : real_projection_cost(problem);
  const SampleLimits beside = beside_projection(problem);
  const double projected = cost.prepare + cost.check + sampling_seconds(problem, beside, loops);
  if (std::min(loops, projected) > kAffordable) return by_sample;
  if (loops <= projected) return by_loops;
  return {data.exact() ? Coverage::ExactProjection : Coverage::RealProjection, beside, projected};
}

}  // namespace convcheck
