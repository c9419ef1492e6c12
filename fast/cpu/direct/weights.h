// The gradient of the weights of one correlation: what is computed in which tasks, and one of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"
#include "fast/cpu/direct/slab.h"
#include "reference/data_type.h"

namespace convcheck::cpu::direct {

// Positions whose columns are gathered at a time, and how far apart their rows are: not a power of
// two, so that they are not in one another's places of the first cache.
inline constexpr std::int64_t kPositionsAtOnce = 768, kColumnsPitch = kPositionsAtOnce + 16;
// Rows of the column matrix that are gathered at a time.
inline constexpr std::int64_t kGatheredRows = 128;

// Elements after a slab and after a row of outputs that the last vector may reach.
inline constexpr std::int64_t kSlack = 64;

// A task computes the weights of some outputs and some channels of one group, or their sum over a
// share of the pieces: of images in slabs, or of positions whose columns are gathered.
struct WeightsStage {
  Correlation sum;
  std::int64_t outs_per_task = 1, ins_per_task = 1;
  std::int64_t parts = 1;
  bool from_slab = false;
  bool in_place = false;  // rows of the column matrix are rows of the images
  Slab slab{};

  static WeightsStage of(const Correlation& sum, DataType type);

  std::int64_t positions() const { return sum.images * sum.positions(); }
  std::int64_t pieces() const {
    if (from_slab) return sum.images * slab.blocks(sum);
    if (in_place) return sum.images * ceil_div(sum.positions(), kPositionsAtOnce);
    return ceil_div(positions(), kPositionsAtOnce);
  }
  std::int64_t out_tasks() const { return ceil_div(sum.outs, outs_per_task); }
  std::int64_t in_tasks() const { return ceil_div(sum.ins, ins_per_task); }
  std::int64_t blocks() const { return sum.groups * out_tasks() * in_tasks(); }
  std::int64_t tasks() const { return blocks() * parts; }
  std::int64_t rows_per_task() const { return ins_per_task * sum.taps(); }
  std::int64_t block_elements() const { return outs_per_task * rows_per_task(); }

  // Of a row of outputs, in the pitch of what it is multiplied with.
  std::int64_t out_pitch() const;
  std::int64_t in_elements() const;
  // Positions of a slab's piece that are gathered at a time where that is needed.
  std::int64_t positions_again() const { return std::min(kPositionsAtOnce, out_pitch() / 16 * 16); }
  // Of gathered rows or of the slab's, and of rows in place.
  std::int64_t offset_elements() const {
    const std::int64_t most = from_slab ? std::max(rows_per_task(), kGatheredRows) : kGatheredRows;
    return ceil_div(most, 8) * 8 + (in_place ? ceil_div(rows_per_task(), 8) * 8 : 0);
  }
  // One worker's memory and, where there are several parts, one task's part.
  std::size_t worker_bytes(std::size_t bytes) const;
  std::int64_t part_elements() const { return parts > 1 ? block_elements() : 0; }

 private:
  void choose_columns();
  void choose_slab();
  void divide();
};

struct WeightsMemory {
  DataType type = DataType::F32;
  const void* in = nullptr;
  const void* out = nullptr;
  void* w = nullptr;
  std::byte* buffer = nullptr;  // the worker's own
  void* parts = nullptr;        // of all tasks
};

void run_weights_task(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory);

// Once all tasks have run: adds up the parts of a block.
void add_weight_parts(const WeightsStage& stage, std::int64_t block, const WeightsMemory& memory);

}  // namespace convcheck::cpu::direct
