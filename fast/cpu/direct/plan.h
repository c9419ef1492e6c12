// Everything about a call that follows from its arguments: stages, tasks, threads and workspace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "fast/cpu/direct/direct.h"
#include "reference/backend.h"

namespace convcheck::cpu::direct {

class Plan {
 public:
  virtual ~Plan() = default;
  virtual std::size_t workspace_bytes() const = 0;
  // The operands have the types and strides for which the plan was made.
  virtual void run(const Operands& operands, std::span<std::byte> workspace) const = 0;
};

// No operand is empty; their data is not looked at. `threads` is as in RunContext.
std::unique_ptr<Plan> make_plan(const ConvProblem& problem, const Operands& operands,
                                const DirectOptions& options, int threads);

// The type in which operands of `type` are added up.
inline DataType accumulator_of(DataType type) {
  return type == DataType::F64 ? DataType::F64 : DataType::F32;
}

// Of so many elements of the accumulator of `type`, rounded up so that what follows is aligned.
std::size_t aligned_bytes(std::int64_t elements, DataType type);

// As many as there are tasks, products and memory for, but at least one.
int worker_count(int threads, std::int64_t tasks, double products, std::size_t bytes_of_worker,
                 std::size_t bytes);

}  // namespace convcheck::cpu::direct
