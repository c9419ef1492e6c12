// Unshared filters, in all three directions.
#pragma once

#include "fast/cpu/direct/plan.h"
#include "fast/cpu/direct/unshared.h"

namespace convcheck::cpu::direct {

class UnsharedPlan final : public Plan {
 public:
  UnsharedPlan(const ConvProblem& problem, const Operands& operands, const DirectOptions& options,
               int threads);
  std::size_t workspace_bytes() const override {
    return shared_bytes() + worker_bytes_ * static_cast<std::size_t>(workers_);
  }
  void run(const Operands& operands, std::span<std::byte> workspace) const override;

 private:
  std::size_t shared_bytes() const { return turned_bytes_ + offset_bytes_; }
  void write_offsets(const UnsharedMemory& memory) const;

  UnsharedStage stage_;
  std::size_t turned_bytes_, offset_bytes_;  // of all workers
  std::size_t worker_bytes_;
  int workers_;
};

}  // namespace convcheck::cpu::direct
