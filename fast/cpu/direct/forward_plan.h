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
  void run(const Operands& operands, std::span<std::byte> workspace) const override;

 private:
  // The numbers 0 .. of all tasks, stage after stage.
  class TaskList {
   public:
    void add(std::int64_t tasks) { ends_.push_back(total() + tasks); }
    std::int64_t total() const { return ends_.empty() ? 0 : ends_.back(); }
    // Calls visit(stage, its task).
    template <class Visit>
    void find(std::int64_t index, const Visit& visit) const;

   private:
    std::vector<std::int64_t> ends_;
  };
  struct Round {
    std::vector<Stage> stages;
    TaskList packing, gathering, tasks;
    std::int64_t filters = 0, offsets = 0, columns = 0;  // elements
  };
  void add(const Correlation& sum, std::int64_t most_filters);
  void add(Stage stage, std::int64_t most_filters);
  void pack(const Stage& stage, std::int64_t index, const TensorView& w,
            std::span<std::byte> workspace) const;
  void run(const Round& round, const Operands& operands, std::span<std::byte> workspace) const;
  ForwardMemory memory(const Operands& operands, std::span<std::byte> workspace, int worker) const;

  Direction direction_;
  DataType type_;
  TileShape shape_;
  std::vector<Round> rounds_;
  std::int64_t most_shared_ = 0;  // bytes
  std::size_t filter_bytes_ = 0, offset_bytes_ = 0, column_bytes_ = 0, worker_bytes_ = 0;
  int workers_ = 1;
};

}  // namespace convcheck::cpu::direct
