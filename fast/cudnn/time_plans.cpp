#include "fast/cudnn/time_plans.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "fast/cuda/device_memory.h"
#include "fast/cuda/errors.h"
#include "fast/tuning.h"

namespace convcheck::cudnn {
namespace {

constexpr int kCalls = 5;  // of each plan, after one to warm up

std::size_t span_of(const Passed& passed, DataType type) {
  std::int64_t last = 0;
  for (std::size_t axis = 0; axis < passed.extents.size(); ++axis) {
    last += (passed.extents[axis] - 1) * passed.strides[axis];
  }
  return static_cast<std::size_t>(last + 1) * size_of(type);
}

double seconds_of(const GraphPlan& plan, const Pointers& pointers, const ConvProblem& problem) {
  double least = HUGE_VAL;
  gpu::Moment start(problem), end(problem);
  for (int call = 0; call <= kCalls; ++call) {
    start.record(nullptr);
    execute(plan, pointers, nullptr);
    end.record(nullptr);
    const double seconds = end.seconds_since(start);
    if (call > 0) least = std::min(least, seconds);
  }
  return least;
}

// Different plans of one engine have different numbers.
std::string name_of(const std::vector<GraphPlan>& plans, std::size_t number) {
  return plans[number].name + " as number " + std::to_string(number);
}

TuningKey key_of(const std::vector<GraphPlan>& plans, const ConvProblem& problem,
                 const Operands& operands) {
  TuningKey key = tuning_key(problem, operands, {.threads = 1}, {});
  key.candidates = "cuDNN " + std::to_string(library().get_version()) + ":";
  for (std::size_t i = 0; i < plans.size(); ++i) key.candidates += " " + name_of(plans, i) + ",";
  return key;
}

std::optional<std::size_t> number_of(const std::vector<GraphPlan>& plans, const Tuning& tuning) {
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (name_of(plans, i) == tuning.chosen) return i;
  }
  return std::nullopt;
}

}  // namespace

std::size_t fastest_plan(const std::vector<GraphPlan>& plans, const Arrangement& arrangement,
                         const ConvProblem& problem, const Operands& operands, bool keep) {
  static const auto* const table = new TuningTable(tuning_folder());
  Tuning tuning{.key = key_of(plans, problem, operands), .chosen = "", .timings = {}};
  if (keep) {
    if (const auto found = table->find(tuning.key)) {
      if (const auto number = number_of(plans, *found)) return *number;
    }
  }
  const DataType type = operands.x.type;
  std::size_t workspace = 0;
  for (const GraphPlan& plan : plans) workspace = std::max(workspace, plan.facts.workspace);
  const gpu::DeviceMemory x(span_of(arrangement.x, type), problem);
  const gpu::DeviceMemory w(span_of(arrangement.w, type), problem);
  const gpu::DeviceMemory y(span_of(arrangement.y, type), problem);
  const gpu::DeviceMemory scratch(workspace, problem);
  std::size_t best = 0;
  double least = HUGE_VAL;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const double seconds =
        seconds_of(plans[i], {x.data(), w.data(), y.data(), scratch.data()}, problem);
    tuning.timings.push_back({.backend = name_of(plans, i), .seconds = seconds});
    if (seconds < least) least = seconds, best = i;
  }
  tuning.chosen = name_of(plans, best);
  if (keep) table->keep(tuning);
  return best;
}

}  // namespace convcheck::cudnn
