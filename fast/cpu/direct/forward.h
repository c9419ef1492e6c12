// The forward map of one correlation: what is computed in which tasks, and one of the tasks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"
#include "fast/cpu/direct/slab.h"
#include "reference/data_type.h"

namespace convcheck::cpu::direct {

// The register tiles of the instruction set in use, for one accumulator.
struct TileShape {
  std::int64_t lanes = 1, bytes = 4;                 // of a vector; of a number
  std::int64_t filters = 4, vectors = 3;             // of the largest tile
  std::int64_t few_filters = 2, vectors_of_few = 4;  // of a long one

  // Positions of a tile, whole vectors.
  std::int64_t width(std::int64_t outs) const {
    return lanes * (outs > few_filters ? vectors : vectors_of_few);
  }
};

TileShape tile_shape(DataType accumulator);

// Filters first .. first + count - 1 of a group in panels of shape.filters, the rest in powers of
// two. Calls visit(first, height); the heights add up to `count`.
template <class Visit>
void for_each_panel(std::int64_t count, std::int64_t largest, const Visit& visit) {
  std::int64_t first = 0;
  for (std::int64_t height = largest; height > 0; height /= 2) {
    for (; count - first >= height; first += height) visit(first, height);
  }
}

// Tiles that are computed together, and the largest: at most so many rows of the column matrix at a
// time, of so many positions.
inline constexpr std::int64_t kTilesAtOnce = 4, kMostRowsAtOnce = 256, kMostWidth = 96;

// A part of a call that one set of packed filters is enough for.
struct Stage {
  Correlation sum;
  std::int64_t group = 0, groups = 1, out = 0, outs = 1;  // these groups, and outputs of each
  TileShape shape{};
  std::int64_t tiles_per_task = 1, outs_per_task = 1;
  std::int64_t filters_at = 0;  // elements from the first packed filter of the call
  std::int64_t offsets_at = 0;  // the same, of offsets
  bool from_slab = false;       // else from gathered columns
  bool reads_in_place = false;  // columns are rows of the images
  bool by_rows = false;         // from the slab, one filter at a time
  Slab slab{};

  // Chooses what a task is. Nothing here depends on the threads, but no result would: every sum is
  // computed in one task.
  void divide(DataType type);
  void choose_source(DataType type);

  std::int64_t width() const { return shape.width(sum.outs); }
  std::int64_t positions() const { return sum.images * sum.positions(); }
  // Tiles of gathered columns are of the images' positions in a row; where columns are read in
  // place, each is of one image: whole vectors, and last those that are no whole vector.
  std::int64_t whole_positions() const { return sum.positions() / shape.lanes * shape.lanes; }
  std::int64_t tiles_of_image() const {
    return ceil_div(whole_positions(), width()) + (whole_positions() < sum.positions() ? 1 : 0);
  }
  std::int64_t tiles() const {
    return reads_in_place ? sum.images * tiles_of_image() : ceil_div(positions(), width());
  }
  Range tile(std::int64_t index) const;
  std::int64_t position_tasks() const { return ceil_div(tiles(), tiles_per_task); }
  std::int64_t out_tasks() const { return ceil_div(outs, outs_per_task); }
  std::int64_t tasks() const {
    return groups * out_tasks() * (from_slab ? sum.images * slab.blocks(sum) : position_tasks());
  }
  std::int64_t offsets() const { return from_slab ? sum.rows() : 0; }
  std::int64_t filters_of_group() const { return outs * sum.rows(); }
  std::int64_t packed_filters() const { return groups * filters_of_group(); }
  // Of the slab with the slack that its last vectors read, in whole numbers of 64 bytes.
  std::int64_t slab_elements() const {
    return ceil_div(sum.ins * slab.channel() + kMostWidth, 64) * 64;
  }
  std::int64_t sums_elements() const {
    return by_rows ? 0 : kTilesAtOnce * outs_per_task * width();
  }
  std::int64_t panel_height() const { return by_rows ? 1 : shape.filters; }
  // Rows that a panel of packed filters has in one piece: a tile of them stays in the first cache
  // while it is multiplied with panel after panel, which come from the second. Of a slab they are
  // whole channels.
  std::int64_t rows_at_once() const;
  // Of one worker, for sums of `bytes` each.
  std::size_t worker_bytes(std::size_t bytes) const;
};

// The operands' memory. `filters` are packed: for every group, Stage::rows_at_once() rows at a time
// and every panel, rows x height; `buffer` is the worker's own.
struct ForwardMemory {
  DataType type = DataType::F32;
  const void* in = nullptr;
  void* out = nullptr;
  const void* filters = nullptr;
  const std::int64_t* offsets = nullptr;  // of a slab's rows
  void* buffer = nullptr;
};

void run_forward_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory);

}  // namespace convcheck::cpu::direct
