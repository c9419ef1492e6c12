#include "fast/cudnn/every_plan.h"

#include <memory>
#include <set>
#include <string>

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
    all->plans = cudnn::plans_with_broken_claims(*all->graph, arithmetic);
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

std::vector<CudnnPlan> every_cudnn_plan(const ConvProblem& problem, const Operands& operands) {
  std::vector<CudnnPlan> found;
  std::set<std::string> kinds;  // by the claims that they break
  if (!dnn_conv_backend()->supports(problem, operands)) return found;
  for (const cudnn::Copies copies : cudnn::kAllCopies) {
    const std::shared_ptr<Plans> all = attempt(problem, operands, copies);
    if (all == nullptr) continue;
    const std::set<std::string> before = kinds;
    for (std::size_t i = 0; i < all->plans.size(); ++i) {
      const std::string& broken = all->plans[i].broken;
      if (before.count(broken) > 0) continue;
      found.push_back({BackendPtr(all, all->backends[i].get()), broken});
      kinds.insert(broken);
    }
    if (kinds.count("") > 0) break;
  }
  return found;
}

}  // namespace convcheck
