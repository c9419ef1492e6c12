#include "fast/cudnn/prepared.h"

#include <cuda_runtime_api.h>

#include <map>
#include <mutex>
#include <optional>

#include "fast/cudnn/time_plans.h"

namespace convcheck::cudnn {
namespace {

constexpr std::size_t kMostCopied = std::size_t{8} << 30, kMostKept = 1024;

// What a preparation depends on.
std::string key_of(const ConvProblem& problem, const Operands& operands,
                   const Arithmetic& arithmetic, const std::string& algorithm) {
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess) cudaGetLastError();
  std::string key = to_string(problem) + " " + to_string(arithmetic.sums) + " " + algorithm +
                    " cuda:" + std::to_string(device);
  for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
    key += " " + to_string(*view);
  }
  return key;
}

struct Call {
  const ConvProblem& problem;
  const Operands& operands;
  const Arithmetic& arithmetic;
  const std::string& algorithm;
};

std::optional<std::size_t> number_of(const Call& call, const std::vector<GraphPlan>& plans,
                                     const Arrangement& arrangement, std::string& note) {
  if (is_timed(call.algorithm)) {
    return fastest_plan(plans, {call.problem, call.operands, arrangement, call.arithmetic},
                        call.algorithm == "time_once");
  }
  std::vector<PlanFacts> facts;
  for (const GraphPlan& plan : plans) facts.push_back(plan.facts);
  return chosen_plan(facts, call.algorithm, note);
}

// With these copies.
Preparation attempt(const Call& call, Copies copies) {
  const auto prepared = std::make_shared<Prepared>();
  prepared->arrangement = arrange(call.problem, call.operands, copies);
  if (prepared->arrangement.copied_bytes > kMostCopied) {
    return {nullptr, "copies of more than 8 GiB"};
  }
  try {
    prepared->graph =
        std::make_unique<Graph>(prepared->arrangement, call.arithmetic, Target::current());
    auto [plans, failure] = plans_of(*prepared->graph, call.arithmetic, call.algorithm);
    if (plans.empty()) {
      return {nullptr, "cuDNN has no plan that is a deterministic classical sum in its precision" +
                           (failure.empty() ? "" : " and can be built (" + failure + ")")};
    }
    const auto number = number_of(call, plans, prepared->arrangement, prepared->note);
    if (!number) return {nullptr, "every plan of cuDNN fails or gives a wrong result"};
    prepared->plan = std::move(plans[*number]);
  } catch (const CudnnError& error) {
    if (!error.is_refusal()) throw;
    return {nullptr, error.what()};
  }
  return {prepared, ""};
}

Preparation worked_out(const Call& call) {
  Preparation first;
  for (const Copies copies : kAllCopies) {
    const Preparation one = attempt(call, copies);
    if (one.prepared != nullptr) return one;
    if (first.reason.empty()) first = one;
  }
  return first;
}

struct Kept {
  std::mutex mutex;
  std::map<std::string, Preparation> by_key;
};

}  // namespace

Preparation prepare(const ConvProblem& problem, const Operands& operands,
                    const Arithmetic& arithmetic, const std::string& algorithm) {
  static auto* const kept = new Kept;  // plans may be used while the program ends
  const std::string key = key_of(problem, operands, arithmetic, algorithm);
  const std::lock_guard lock(kept->mutex);
  const auto found = kept->by_key.find(key);
  if (found != kept->by_key.end()) return found->second;
  if (kept->by_key.size() >= kMostKept) kept->by_key.clear();
  const Preparation made = worked_out({problem, operands, arithmetic, algorithm});
  kept->by_key[key] = made;
  return made;
}

}  // namespace convcheck::cudnn
