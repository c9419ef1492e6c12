#include "fast/cpu/direct/plan.h"

#include <algorithm>

#include "checker/parallel.h"
#include "fast/cpu/direct/depthwise_plan.h"
#include "fast/cpu/direct/forward_plan.h"
#include "fast/cpu/direct/points_plan.h"
#include "fast/cpu/direct/unshared_plan.h"
#include "fast/cpu/direct/weights_plan.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kProductsPerThread = 1 << 18;  // fewer are not worth starting a thread
constexpr std::size_t kAlignment = 64;

}  // namespace

std::unique_ptr<Plan> make_plan(const ConvProblem& problem, const Operands& operands,
                                const DirectOptions& options, int threads) {
  if (problem.unshared) {
    return std::make_unique<UnsharedPlan>(problem, operands, options, threads);
  }
  if (problem.direction == Direction::GradWeights) {
    return std::make_unique<WeightsPlan>(problem, operands, options, threads);
  }
  if (auto plan = make_depthwise_plan(problem, operands, options, threads)) return plan;
  if (auto plan = make_points_plan(problem, operands, options, threads)) return plan;
  return std::make_unique<ForwardPlan>(problem, operands, options, threads);
}

std::size_t aligned_bytes(std::int64_t elements, DataType type) {
  const std::size_t bytes = static_cast<std::size_t>(elements) * size_of(accumulator_of(type));
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

int worker_count(int threads, std::int64_t tasks, double products, std::size_t bytes_of_worker,
                 std::size_t bytes) {
  std::int64_t most = std::min<std::int64_t>(thread_count(threads), tasks);
  if (products < static_cast<double>(most * kProductsPerThread)) {
    most = static_cast<std::int64_t>(products) / kProductsPerThread;
  }
  most =
      std::min(most, static_cast<std::int64_t>(bytes / std::max<std::size_t>(bytes_of_worker, 1)));
  return static_cast<int>(std::max<std::int64_t>(most, 1));
}

}  // namespace convcheck::cpu::direct
