// Small planes, with the outputs side by side: a vector is a number of as many filters as it has
// lanes, and a number of an image multiplies it. Positions may be as few and as far apart as they
// like: nothing is gathered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"
#include "fast/cpu/direct/forward.h"
#include "reference/backend.h"

namespace convcheck::cpu::direct {

inline constexpr std::int64_t kMostPoints = 10;  // of a tile

// A task computes some blocks of outputs of one group of one image.
struct PointsStage {
  Correlation sum;
  std::int64_t lanes = 1, vectors = 1;  // of a block of outputs
  std::int64_t blocks_per_task = 1;
  bool in_place = false;       // images are read where they are, else from a padded copy
  bool dense_filters = false;  // those of an output are neighbours
  // Coordinates that are read; elements from one to the next, and from channel to channel.
  std::array<std::int64_t, 3> reach{}, lowest{}, pitch{};
  std::int64_t channel = 0;

  PointsStage(const Correlation& correlation, const TileShape& shape, DataType type);
  // Whether this is the way to compute it.
  bool pays(const TileShape& shape) const;

  std::int64_t width() const { return lanes * vectors; }
  std::int64_t blocks() const { return ceil_div(sum.outs, width()); }
  std::int64_t out_tasks() const { return ceil_div(blocks(), blocks_per_task); }
  std::int64_t tasks() const { return sum.images * sum.groups * out_tasks(); }
  std::int64_t packing_tasks() const { return sum.groups * blocks(); }

  // From the first input that is read.
  std::int64_t term_offset(std::int64_t term) const;
  std::int64_t point_offset(std::int64_t point) const;

  // Elements of the accumulator: filters of all groups; of one worker, inputs and sums.
  std::int64_t filter_elements() const { return packing_tasks() * sum.rows() * width(); }
  std::int64_t input_elements() const {
    return in_place ? 0 : ceil_div(sum.ins * channel, 64) * 64;
  }
  std::int64_t sum_elements() const { return (sum.positions() + kMostPoints) * width(); }
};

struct PointsMemory {
  DataType type = DataType::F32;
  const void *in = nullptr, *w = nullptr;
  void *out = nullptr, *filters = nullptr;
  const std::int64_t *terms = nullptr, *points = nullptr;  // offsets
  void* buffer = nullptr;
};

// Before any other task.
void pack_points_filters(const PointsStage& stage, std::int64_t index, const PointsMemory& memory);
void run_points_task(const PointsStage& stage, std::int64_t index, const PointsMemory& memory);

}  // namespace convcheck::cpu::direct
