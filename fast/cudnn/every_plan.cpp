#include "fast/cudnn/every_plan.h"

#include <memory>

#include "fast/cudnn/dnn_conv.h"
#include "fast/cudnn/run_plan.h"
#include "fast/flags.h"

namespace convcheck {
namespace {

// What the backends refer to.
struct Plans {
  cudnn::Arrangement arrangement;
  std::unique_ptr<cudnn::Graph> graph;
  std::vector<cudnn::GraphPlan> plans;
  std::vector<BackendPtr> backends;
};

// With these copies; null where cuDNN does not do it so.
std::shared_ptr<Plans> attempt(const ConvProblem& problem, const Operands& operands,
                               cudnn::Copies copies) {
  const cudnn::Arithmetic arithmetic =
      cudnn::arithmetic_of(operands.x.type, flags().values().dnn_conv_precision);
  auto all = std::make_shared<Plans>();
  all->arrangement = cudnn::arrange(problem, operands, copies);
  try {
    all->graph =
        std::make_unique<cudnn::Graph>(all->arrangement, arithmetic, cudnn::Target::current());
    // Of time_once none is left out.
    all->plans = std::move(cudnn::plans_of(*all->graph, arithmetic, "time_once").plans);
  } catch (const cudnn::CudnnError& error) {
    if (!error.is_refusal()) throw;
    return nullptr;
  }
  for (const cudnn::GraphPlan& plan : all->plans) {
    all->backends.push_back(cudnn::backend_of(plan, all->arrangement, arithmetic));
  }
  return all->plans.empty() ? nullptr : all;
}

}  // namespace

std::vector<BackendPtr> every_cudnn_plan(const ConvProblem& problem, const Operands& operands) {
  std::vector<BackendPtr> backends;
  if (!dnn_conv_backend()->supports(problem, operands)) return backends;
  for (const cudnn::Copies copies : cudnn::kAllCopies) {
    const std::shared_ptr<Plans> all = attempt(problem, operands, copies);
    if (all == nullptr) continue;
    for (const BackendPtr& one : all->backends) backends.emplace_back(all, one.get());
    break;
  }
  return backends;
}

}  // namespace convcheck
