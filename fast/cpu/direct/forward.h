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

// Tiles that are computed together; more where they are all, so that filters are read once. The
// largest: so many rows of the column matrix at a time, of so many positions.
inline constexpr std::int64_t kTilesAtOnce = 4, kMostTilesAtOnce = 9, kMostRowsAtOnce = 256,
                              kMostWidth = 96;

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
  // Rows of gathered columns: so many channels at a time, of which taps are slowest.
  std::int64_t ins_at_once = 1;
  bool shares_columns = false;    // gathered once, before the tasks that multiply them
  bool packs_filters = false;     // in the only task that has them
  bool filters_in_place = false;  // so few positions that packing does not pay: of a slab
  std::int64_t columns_at = 0;    // elements from the first shared column of the call
  Slab slab{};

  // Chooses what a task is. Nothing here depends on the threads, but no result would: every sum is
  // computed in one task.
  // `most_shared` bytes of columns may be shared.
  void divide(DataType type, std::int64_t most_shared);
  void choose_source(DataType type);
  void choose_rows_of_slab(DataType type);
  void choose_filters_in_place(DataType type);
  void choose_sharing(std::int64_t most_shared);

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
  std::int64_t tiles_at_once() const {
    return !from_slab && tiles() <= kMostTilesAtOnce ? std::max(tiles_per_task, kTilesAtOnce)
                                                     : kTilesAtOnce;
  }
  std::int64_t position_tasks() const { return ceil_div(tiles(), tiles_per_task); }
  std::int64_t out_tasks() const { return ceil_div(outs, outs_per_task); }
  std::int64_t tasks() const {
    return groups * out_tasks() * (from_slab ? sum.images * slab.blocks(sum) : position_tasks());
  }
  // Of a slab's rows; then of filters in place.
  std::int64_t offsets() const { return from_slab ? sum.rows() * (filters_in_place ? 2 : 1) : 0; }
  std::int64_t filters_of_group() const { return outs * sum.rows(); }
  std::int64_t packed_filters() const {
    return packs_filters || filters_in_place ? 0 : groups * filters_of_group();
  }
  // Of a tile of shared columns, which has every row.
  std::int64_t columns_of_tile() const { return sum.rows() * width(); }
  std::int64_t shared_columns() const {
    return shares_columns ? groups * tiles() * columns_of_tile() : 0;
  }
  std::int64_t in_blocks() const { return ceil_div(sum.ins, ins_at_once); }
  std::int64_t gather_tasks() const { return shares_columns ? groups * tiles() * in_blocks() : 0; }
  // Rows of some channels; of the last fewer.
  std::int64_t block_rows() const { return from_slab ? sum.rows() : ins_at_once * sum.taps(); }
  Range rows_of_block(std::int64_t block) const {
    return {block * block_rows(), std::min((block + 1) * block_rows(), sum.rows())};
  }
  // Of the slab with the slack that its last vectors read, in whole numbers of 64 bytes.
  std::int64_t slab_elements() const {
    return ceil_div(sum.ins * slab.channel() + kMostWidth, 64) * 64;
  }
  std::int64_t sums_elements() const {
    return by_rows ? 0 : tiles_at_once() * outs_per_task * width();
  }
  std::int64_t panel_height() const { return by_rows ? 1 : shape.filters; }
  // Rows that a panel of packed filters has in one piece: a tile of them stays in the first cache
  // while it is multiplied with panel after panel, which come from the second. Of a slab they are
  // whole channels.
  std::int64_t rows_at_once() const;
  // Calls visit(rows) for the pieces of some rows, of one block.
  template <class Visit>
  void for_each_piece(const Range& rows, const Visit& visit) const {
    const std::int64_t most = rows_at_once();
    for (std::int64_t row = rows.begin; row < rows.end; row += most) {
      visit(Range{row, std::min(row + most, rows.end)});
    }
  }
  // Of one worker, for sums of `bytes` each.
  std::size_t worker_bytes(std::size_t bytes) const;
};

// The operands' memory. `filters` are packed: for every group, block of channels,
// Stage::rows_at_once() rows at a time and every panel, rows x height; `weights` are not. `columns`
// are shared: for every group, tile and row, Stage::width() numbers. `buffer` is the worker's own.
struct ForwardMemory {
  DataType type = DataType::F32;
  const void* in = nullptr;
  void* out = nullptr;
  const void* weights = nullptr;
  const void* filters = nullptr;
  const std::int64_t* offsets = nullptr;  // of a slab's rows
  void* columns = nullptr;
  void* buffer = nullptr;
  std::int64_t workers = 1;
};

// One tile and block of channels of the shared columns.
void gather_shared_columns(const Stage& stage, std::int64_t index, const ForwardMemory& memory);

void run_forward_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory);

}  // namespace convcheck::cpu::direct
