// Everything about a call that follows from its arguments: tasks, threads and workspace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "fast/cpu/corrmm.h"
#include "fast/cpu/tasks.h"

namespace convcheck::cpu {

template <class T>
class Plan {
 public:
  // No operand is empty; their data may be null as long as the plan is not run. `threads` is as in
  // RunContext.
  Plan(const ConvProblem& problem, const Operands& operands, const CorrmmOptions& options,
       int threads);

  std::size_t workspace_bytes() const;
  void run(std::span<std::byte> workspace) const;

 private:
  // What every worker has of the workspace: a buffer for a block of each matrix that is not used in
  // place.
  struct Share {
    std::size_t w = 0, x = 0, y = 0;  // bytes
    std::size_t bytes() const { return w + x + y; }
  };
  Share share() const;
  int workers(const CorrmmOptions& options, int threads) const;
  Buffers<T> buffers(std::span<std::byte> workspace, int worker, std::int64_t task) const;
  bool in_parts() const { return lowered_.blocks().parts > 1; }

  Lowered<T> lowered_;
  std::int64_t tasks_;
  Share share_;
  std::size_t
      part_bytes_;  // of each task, for its part of the weights; 0 if they are not summed in parts
  int workers_;
};

}  // namespace convcheck::cpu
