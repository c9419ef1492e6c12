// The gradient of the weights.
#pragma once

#include "fast/cpu/direct/plan.h"
#include "fast/cpu/direct/weights.h"

namespace convcheck::cpu::direct {

class WeightsPlan final : public Plan {
 public:
  WeightsPlan(const ConvProblem& problem, const Operands& operands, const DirectOptions& options,
              int threads);
  std::size_t workspace_bytes() const override;
  void run(const Operands& operands, std::span<std::byte> workspace) const override;

 private:
  WeightsStage stage_;
  std::size_t worker_bytes_, part_bytes_;  // the latter of all tasks
  int workers_;
};

}  // namespace convcheck::cpu::direct
