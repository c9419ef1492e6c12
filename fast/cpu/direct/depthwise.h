// Groups of one channel each, with the channels side by side: a vector is a number of as many
// channels as it has lanes, so that planes may be as small and strides as long as they like.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"
#include "fast/cpu/direct/forward.h"
#include "reference/backend.h"

namespace convcheck::cpu::direct {

// A task computes some rows of outputs of one vector of groups in some images.
struct DepthwiseStage {
  Correlation sum;
  std::int64_t lanes = 1;
  std::int64_t rows_per_task = 1, images_per_task = 1;  // rows of one plane of axis 0
  bool dense_filters = false;                           // those of a group are neighbours

  DepthwiseStage(const Correlation& correlation, const TileShape& shape);
  void set_rows(std::int64_t rows);
  // Whether this is the way to compute it.
  bool pays(const TileShape& shape) const;

  std::int64_t group_tasks() const { return ceil_div(sum.groups, lanes); }
  std::int64_t row_tasks() const { return ceil_div(sum.axes[1].count, rows_per_task); }
  std::int64_t image_tasks() const { return ceil_div(sum.images, images_per_task); }
  std::int64_t tasks() const {
    return group_tasks() * image_tasks() * sum.axes[0].count * row_tasks();
  }

  // Inputs of a task along an axis, and the lowest of their coordinates for the first output.
  std::array<std::int64_t, 3> reach{}, lowest{};

  // Padded inputs, sums and filters: elements of the accumulator.
  std::int64_t input_elements() const { return reach[0] * reach[1] * reach[2] * lanes; }
  std::int64_t sum_elements() const { return rows_per_task * sum.axes[2].count * lanes; }
  std::int64_t filter_elements() const { return sum.outs * sum.taps() * lanes; }
  // In whole lines of the cache, so that what follows is aligned.
  std::size_t offset_bytes() const {
    return (static_cast<std::size_t>(sum.taps()) * sizeof(std::int64_t) + 63) / 64 * 64;
  }
  std::size_t worker_bytes(std::size_t bytes) const;
};

struct DepthwiseMemory {
  DataType type = DataType::F32;
  const void *in = nullptr, *filters = nullptr;
  void* out = nullptr;
  std::byte* buffer = nullptr;
};

void run_depthwise_task(const DepthwiseStage& stage, std::int64_t index,
                        const DepthwiseMemory& memory);

}  // namespace convcheck::cpu::direct
