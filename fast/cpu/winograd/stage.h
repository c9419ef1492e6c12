// A call of Winograd's convolution: what is computed in which tasks, and one of the tasks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"
#include "fast/cpu/direct/forward.h"

namespace convcheck::cpu::winograd {

using direct::Correlation;
using direct::TileShape;

// Outputs whose products are kept until they are transformed, and fewer where their filters are
// transformed for them; channels that are transformed, and rows that are multiplied, at a time.
inline constexpr std::int64_t kOutsAtOnce = 32, kOutsOfKeptInputs = 16;
inline constexpr std::int64_t kChannelsAtOnce = 32, kRowsAtOnce = 192;
// Bytes of transformed filters that are made at a time where they are not kept: they, and the
// products, stay in the second cache until they are multiplied.
inline constexpr std::int64_t kFilterBytesAtOnce = std::int64_t{320} << 10;

// Elements of the transformed tiles ("points") are products of matrices of their own: outputs x
// channels times channels x tiles. What there is less of is transformed first and kept for the
// whole call, filters or inputs; the other is transformed by the task that needs it.
struct WinogradStage {
  Correlation sum;  // axes 1 and 2, taps in the order of the inputs
  int tile = 4;
  TileShape shape{};
  std::int64_t outs_per_task = 1;
  std::int64_t ins_at_once = 1;  // whose filters are transformed together
  bool keeps_inputs = false;

  WinogradStage(const ConvProblem& problem, const Operands& operands, int tile_size);

  std::int64_t points() const { return (tile + 2) * (tile + 2); }
  std::int64_t tiles_at_once() const { return shape.lanes * shape.vectors; }
  // Of rows of transformed inputs, with the slack that compressed vectors need.
  std::int64_t pitch() const { return tiles_at_once() + shape.lanes; }
  std::int64_t rows_of_tiles() const { return ceil_div(sum.axes[1].count, tile); }
  std::int64_t tiles_of_row() const { return ceil_div(sum.axes[2].count, tile); }
  std::int64_t tiles() const { return sum.images * rows_of_tiles() * tiles_of_row(); }
  std::int64_t tile_blocks() const { return ceil_div(tiles(), tiles_at_once()); }
  std::int64_t out_tasks() const { return ceil_div(sum.outs, outs_per_task); }
  std::int64_t tasks() const {
    return sum.groups * (keeps_inputs ? 1 : tile_blocks()) * out_tasks();
  }
  double products() const;

  // From point to point: an odd number of lines of 64 bytes, so that not all points have the same
  // places in the caches.
  static std::int64_t apart(std::int64_t elements) { return (ceil_div(elements, 16) | 1) * 16; }
  std::int64_t input_step() const { return apart(sum.ins * pitch()); }
  std::int64_t product_step() const { return apart(kOutsAtOnce * tiles_at_once()); }

  std::int64_t filters_of_group() const { return points() * sum.outs * sum.ins; }
  std::int64_t filter_elements() const { return sum.groups * filters_of_group(); }
  // Of a block of tiles.
  std::int64_t input_elements() const { return points() * input_step(); }
  std::int64_t kept_elements() const {
    return keeps_inputs ? sum.groups * tile_blocks() * input_elements() : filter_elements();
  }
  // What is kept is transformed in so many pieces.
  std::int64_t channel_pieces() const { return ceil_div(sum.ins, kChannelsAtOnce); }
  std::int64_t out_pieces() const { return ceil_div(sum.outs, kOutsAtOnce); }
  std::int64_t pieces() const {
    return sum.groups * (keeps_inputs ? tile_blocks() * channel_pieces() : out_pieces());
  }

  // One worker's memory, in floats: rows of a channel by the remainders of their columns; what it
  // transforms itself, products, outputs of a block of tiles; one row, and which places are tiles.
  std::int64_t flat() const { return 2 * tiles_at_once() + 2 * shape.lanes; }
  std::int64_t line_elements() const { return (tile + 2) * tile * flat() + (tile + 2) * flat(); }
  std::int64_t own_elements() const {
    return keeps_inputs ? points() * outs_per_task * ins_at_once : input_elements();
  }
  std::int64_t product_elements() const { return points() * product_step(); }
  std::int64_t output_elements() const { return tile * tile * tiles_at_once(); }
  std::int64_t worker_elements() const {
    return ceil_div(own_elements() + product_elements() + output_elements() + line_elements(), 16) *
           16;
  }
};

struct WinogradMemory {
  const float* in = nullptr;
  const float* w = nullptr;
  float* out = nullptr;
  // Filters: for every group, panel and point channels x height. Inputs: for every group, block of
  // tiles and point channels x tiles.
  float* kept = nullptr;
  const std::int64_t* offsets = nullptr;  // of the channels' rows
  float* buffer = nullptr;                // the worker's own
};

void transform_piece(const WinogradStage& stage, std::int64_t piece, const WinogradMemory& memory);
void run_winograd_task(const WinogradStage& stage, std::int64_t index,
                       const WinogradMemory& memory);

}  // namespace convcheck::cpu::winograd
