// Filters of their own for every output position ("region"): each number of them is used once for
// every image, so they are read or written once, where they are, and everything else stays in the
// caches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"
#include "fast/cpu/direct/forward.h"
#include "reference/backend.h"

namespace convcheck::cpu::direct {

inline constexpr std::int64_t kImagesAtOnce = 32, kRegionOuts = 64;

// A task computes some regions for some outputs of a group; the gradient of the inputs, some
// channels of a group in some images.
struct UnsharedStage {
  Direction direction = Direction::Forward;
  Correlation sum;                       // taps in the order of the filters in memory
  std::array<std::int64_t, 3> region{};  // elements from region to region along each axis
  TileShape shape{};
  bool in_place = false;  // rows of filters are one in memory; whole vectors where they are written
  std::int64_t outs_per_task = 1, ins_per_task = 1, images_per_task = 1;
  // Neighbours, whose outputs are in the same lines of the caches.
  std::int64_t regions_per_task = 1;

  UnsharedStage(const ConvProblem& problem, const Operands& operands);

  std::int64_t rows() const { return ins_per_task * sum.taps(); }
  std::int64_t pitch() const { return ceil_div(rows(), 64) * 64; }  // of rows in buffers
  std::int64_t out_tasks() const { return ceil_div(sum.outs, outs_per_task); }
  std::int64_t in_tasks() const { return ceil_div(sum.ins, ins_per_task); }
  std::int64_t image_tasks() const { return ceil_div(sum.images, images_per_task); }
  std::int64_t regions() const { return sum.positions(); }
  std::int64_t region_tasks() const { return ceil_div(regions(), regions_per_task); }
  std::int64_t tasks() const;
  double products() const { return sum.products(); }

  // Rows of columns, rows of filters, small numbers and sums: elements of the accumulator.
  std::int64_t column_elements() const { return images_per_task * pitch(); }
  std::int64_t filter_elements() const { return outs_per_task * pitch(); }
  std::int64_t factor_elements() const {
    return ceil_div(outs_per_task * images_per_task, 16) * 16;
  }
  std::size_t worker_bytes(std::size_t bytes) const;
};

struct UnsharedMemory {
  DataType type = DataType::F32;
  void *x = nullptr, *w = nullptr, *y = nullptr;
  std::byte* buffer = nullptr;
};

void run_unshared_task(const UnsharedStage& stage, std::int64_t index,
                       const UnsharedMemory& memory);

}  // namespace convcheck::cpu::direct
