#include "fast/cudnn/time_plans.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>

#include "checker/verify.h"
#include "fast/cuda/device_measurement.h"
#include "fast/cuda/device_memory.h"
#include "fast/cuda/errors.h"
#include "fast/cudnn/run_plan.h"
#include "fast/tuning.h"

namespace convcheck::cudnn {
namespace {

std::size_t span_of(const Passed& passed, DataType type) {
  std::int64_t last = 0;
  for (std::size_t axis = 0; axis < passed.extents.size(); ++axis) {
    last += (passed.extents[axis] - 1) * passed.strides[axis];
  }
  return static_cast<std::size_t>(last + 1) * size_of(type);
}

// Different plans of one engine have different numbers. One word, which tuning.h can read again.
std::string name_of(const std::vector<GraphPlan>& plans, std::size_t number) {
  std::string name = plans[number].name + "_as_number_" + std::to_string(number);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
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

// Wrong plans are found out as conv_meta's candidates are; on memory of the check's own.
bool is_wrong(const GraphPlan& plan, const TimedCall& call) {
  const BackendPtr backend = backend_of(plan, call.arrangement, call.arithmetic);
  return verify_backend(*backend, call.problem, call.operands).outcome == Outcome::Failed;
}

std::vector<Timing> timings_of(const std::vector<GraphPlan>& plans, const TimedCall& call) {
  const DataType type = call.operands.x.type;
  std::size_t workspace = 0;
  for (const GraphPlan& plan : plans) workspace = std::max(workspace, plan.facts.workspace);
  const gpu::DeviceMemory x(span_of(call.arrangement.x, type), call.problem);
  const gpu::DeviceMemory w(span_of(call.arrangement.w, type), call.problem);
  const gpu::DeviceMemory y(span_of(call.arrangement.y, type), call.problem);
  const gpu::DeviceMemory scratch(workspace, call.problem);
  // Before the first moment: to make it takes longer than a small plan.
  const Descriptor pack = variant_pack({x.data(), w.data(), y.data(), scratch.data()});
  std::vector<std::function<void()>> calls;
  for (const GraphPlan& plan : plans) {
    calls.emplace_back([&plan, &pack] { execute(plan, pack, nullptr); });
  }
  const std::vector<Raced> raced = race(*gpu::device_moments(nullptr), calls);
  std::vector<Timing> timings;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    timings.push_back(
        {.backend = name_of(plans, i), .seconds = raced[i].seconds, .reason = raced[i].failure});
  }
  return timings;
}

}  // namespace

std::optional<std::size_t> fastest_plan(const std::vector<GraphPlan>& plans, const TimedCall& call,
                                        bool keep) {
  static const auto* const table = new TuningTable(tuning_folder());
  Tuning tuning{.key = key_of(plans, call.problem, call.operands), .chosen = "", .timings = {}};
  if (keep) {
    const std::optional<Tuning> found = table->find(tuning.key);
    const std::optional<std::size_t> number = found ? number_of(plans, *found) : std::nullopt;
    if (number && !is_wrong(plans[*number], call)) return number;
  }
  tuning.timings = timings_of(plans, call);
  std::vector<std::size_t> order(plans.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tuning.timings[a].seconds < tuning.timings[b].seconds;
  });
  for (const std::size_t number : order) {
    Timing& timing = tuning.timings[number];
    if (!timing.reason.empty()) continue;
    timing.wrong = is_wrong(plans[number], call);
    if (timing.wrong) {
      timing.reason = "its result is not the definition's";
      continue;
    }
    tuning.chosen = timing.backend;
    if (keep) table->keep(tuning);
    return number;
  }
  return std::nullopt;
}

}  // namespace convcheck::cudnn
