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

inline constexpr std::int64_t kOutsAtOnce =
    32;  // whose products are kept until they are transformed

// Elements of the transformed tiles ("points") are products of matrices of their own: outputs x
// channels times channels x tiles.
struct WinogradStage {
  Correlation sum;  // axes 1 and 2, taps in the order of the inputs
  int tile = 4;
  TileShape shape{};
  std::int64_t outs_per_task = 1;

  WinogradStage(const ConvProblem& problem, const Operands& operands, int tile_size);

  std::int64_t points() const { return (tile + 2) * (tile + 2); }
  std::int64_t tiles_at_once() const { return shape.lanes * shape.vectors; }
  // Of rows of transformed inputs, with the slack that compressed vectors need.
  std::int64_t pitch() const { return tiles_at_once() + shape.lanes; }
  std::int64_t rows_of_tiles() const { return ceil_div(sum.axes[1].count, tile); }
  std::int64_t tiles_of_row() const { return ceil_div(sum.axes[2].count, tile); }
  std::int64_t tiles() const { return sum.images * rows_of_tiles() * tiles_of_row(); }
  std::int64_t tile_tasks() const { return ceil_div(tiles(), tiles_at_once()); }
  std::int64_t out_tasks() const { return ceil_div(sum.outs, outs_per_task); }
  std::int64_t tasks() const { return sum.groups * tile_tasks() * out_tasks(); }
  double products() const;

  std::int64_t filters_of_group() const { return points() * sum.outs * sum.ins; }
  std::int64_t filter_elements() const { return sum.groups * filters_of_group(); }
  // Filters are transformed in so many pieces.
  std::int64_t filter_pieces() const { return sum.groups * ceil_div(sum.outs, kOutsAtOnce); }

  // One worker's memory, in floats: rows of a channel by the remainders of their columns,
  // transformed inputs, products, outputs of a block of tiles; one row, and marks.
  std::int64_t flat() const { return 2 * tiles_at_once() + 2 * shape.lanes; }
  std::int64_t line_elements() const { return (tile + 2) * tile * flat(); }
  std::int64_t input_elements() const { return points() * sum.ins * pitch(); }
  std::int64_t product_elements() const { return points() * kOutsAtOnce * tiles_at_once(); }
  std::int64_t output_elements() const { return tile * tile * tiles_at_once(); }
  std::int64_t worker_elements() const {
    return ceil_div(line_elements() + input_elements() + product_elements() + output_elements() +
                        (tile + 1) * flat(),
                    16) *
           16;
  }
};

struct WinogradMemory {
  const float* in = nullptr;
  const float* w = nullptr;
  float* out = nullptr;
  float* filters = nullptr;  // transformed: for every group, panel and point channels x height
  const std::int64_t* offsets = nullptr;  // of the channels' rows
  float* buffer = nullptr;                // the worker's own
};

void transform_filters(const WinogradStage& stage, std::int64_t piece,
                       const WinogradMemory& memory);
void run_winograd_task(const WinogradStage& stage, std::int64_t index,
                       const WinogradMemory& memory);

}  // namespace convcheck::cpu::winograd
