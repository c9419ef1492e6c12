// Groups of one channel: forward, and the gradient of the inputs where there is no stride.
#pragma once

#include <memory>

#include "fast/cpu/direct/depthwise.h"
#include "fast/cpu/direct/plan.h"

namespace convcheck::cpu::direct {

class DepthwisePlan final : public Plan {
 public:
  DepthwisePlan(const DepthwiseStage& stage, Direction direction, DataType type,
                const DirectOptions& options, int threads);
  std::size_t workspace_bytes() const override {
    return worker_bytes_ * static_cast<std::size_t>(workers_);
  }
  void run(const Operands& operands, std::span<std::byte> workspace) const override;

 private:
  DepthwiseStage stage_;
  Direction direction_;
  std::size_t worker_bytes_;
  int workers_;
};

// Nothing where another plan is quicker.
std::unique_ptr<Plan> make_depthwise_plan(const ConvProblem& problem, const Operands& operands,
                                          const DirectOptions& options, int threads);

}  // namespace convcheck::cpu::direct
