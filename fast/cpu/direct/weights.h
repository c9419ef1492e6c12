// The gradient of the weights of one correlation: what is computed in which tasks, and one of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"
#include "fast/cpu/direct/runs.h"
#include "reference/data_type.h"

namespace convcheck::cpu::direct {

// Positions whose rows are gathered at a time.
inline constexpr std::int64_t kPositionsAtOnce = 512;

// A task computes a block of the weights of one group, or its sum over a share of the positions.
struct WeightsStage {
  Correlation sum;
  std::int64_t outs_per_task = 1, rows_per_task = 1;
  std::int64_t parts = 1;  // shares of the positions

  static WeightsStage of(const Correlation& sum);

  std::int64_t positions() const { return sum.images * sum.positions(); }
  std::int64_t position_blocks() const { return ceil_div(positions(), kPositionsAtOnce); }
  std::int64_t out_tasks() const { return ceil_div(sum.outs, outs_per_task); }
  std::int64_t row_tasks() const { return ceil_div(sum.rows(), rows_per_task); }
  std::int64_t blocks() const { return sum.groups * out_tasks() * row_tasks(); }
  std::int64_t tasks() const { return blocks() * parts; }
  std::int64_t block_elements() const { return outs_per_task * rows_per_task; }
  // One worker's memory and, where there are several parts, one task's part.
  std::int64_t worker_elements() const {
    return (outs_per_task + rows_per_task) * kPositionsAtOnce + block_elements();
  }
  std::int64_t part_elements() const { return parts > 1 ? block_elements() : 0; }
};

struct WeightsMemory {
  DataType type = DataType::F32;
  const void* in = nullptr;
  const void* out = nullptr;
  void* w = nullptr;
  void* buffer = nullptr;  // the worker's own
  void* parts = nullptr;   // of all tasks
};

void run_weights_task(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory);

// Once all tasks have run: adds up the parts of a block.
void add_weight_parts(const WeightsStage& stage, std::int64_t block, const WeightsMemory& memory);

}  // namespace convcheck::cpu::direct
