// Forward, and the gradient of the inputs: stages whose packed filters fit in the workspace
// together run at once.
#pragma once

#include <vector>

#include "fast/cpu/direct/forward.h"
#include "fast/cpu/direct/plan.h"

namespace convcheck::cpu::direct {

class ForwardPlan final : public Plan {
 public:
  ForwardPlan(const ConvProblem& problem, const Operands& operands, const DirectOptions& options,
              int threads);
  std::size_t workspace_bytes() const override;
  void run(std::span<std::byte> workspace) const override;

 private:
  struct Round {
    std::vector<Stage> stages;
    std::int64_t filters = 0, offsets = 0;  // elements
  };
  void add(const Correlation& sum, std::int64_t most_filters);
  void add(Stage stage, std::int64_t most_filters);
  void pack(const Stage& stage, std::int64_t index, std::span<std::byte> workspace) const;
  void run(const Round& round, std::span<std::byte> workspace) const;

  Operands operands_;
  Direction direction_;
  TileShape shape_;
  std::vector<Round> rounds_;
  std::size_t filter_bytes_ = 0, offset_bytes_ = 0, worker_bytes_ = 0;
  int workers_ = 1;
};

}  // namespace convcheck::cpu::direct
