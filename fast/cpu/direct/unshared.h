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
// Of a forward map with the images side by side: outputs of a tile, vectors of a buffer of sums,
// and rows that one task turns.
inline constexpr int kOutsAtOnce = 8;
inline constexpr std::int64_t kImageVectors = 2, kTurnedRows = 8;

// A padded copy of x with the images side by side: for every group and channel all coordinates that
// some region reads, for each of them a number of every image.
struct TurnedImages {
  std::int64_t lanes = 0;                                  // of a vector; 0: there is no such copy
  std::int64_t images = 0;                                 // and what fills the last vector
  std::array<std::int64_t, 3> lowest{}, extents{1, 1, 1};  // of coordinates

  TurnedImages() = default;
  // None if it had more elements than that, or if there are few images.
  TurnedImages(const Correlation& sum, const TileShape& shape, std::int64_t most_elements);

  bool used() const { return lanes > 0; }
  std::int64_t channel() const { return extents[0] * extents[1] * extents[2] * images; }
  std::int64_t rows(const Correlation& sum) const {
    return used() ? sum.groups * sum.ins * extents[0] * extents[1] : 0;
  }
  std::int64_t tasks(const Correlation& sum) const { return ceil_div(rows(sum), kTurnedRows); }
  std::int64_t elements(const Correlation& sum) const {
    return used() ? sum.groups * sum.ins * channel() : 0;
  }
  // Of a region's first tap, and from there to a term of its sums.
  std::int64_t start(const Correlation& sum, const std::array<std::int64_t, 3>& q) const;
  std::int64_t offset(const Correlation& sum, std::int64_t term) const;
};

// Outputs of some regions for some images.
struct ImagesBlock {
  std::int64_t region = 0, regions = 0, out = 0, outs = 0;
  std::int64_t image = 0, images = 0, width = 0;  // images of whole vectors
};

// A task computes some regions for some outputs of a group; the gradient of the inputs, some
// channels of a group in some images.
struct UnsharedStage {
  Direction direction = Direction::Forward;
  Correlation sum;                       // taps in the order of the filters in memory
  std::array<std::int64_t, 3> region{};  // elements from region to region along each axis
  TileShape shape{};
  TurnedImages turned;         // forward
  bool dense_outputs = false;  // of neighbouring regions are neighbours
  bool in_place = false;  // rows of filters are one in memory; whole vectors where they are written
  std::int64_t outs_per_task = 1, ins_per_task = 1, images_per_task = 1;
  // Neighbours, whose outputs are in the same lines of the caches.
  std::int64_t regions_per_task = 1;

  UnsharedStage(const ConvProblem& problem, const Operands& operands, std::int64_t most_turned);

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
  std::int64_t column_elements() const {
    return turned.used() ? kOutsAtOnce * regions_per_task * kImageVectors * turned.lanes
                         : images_per_task * pitch();
  }
  std::int64_t filter_elements() const {
    return in_place ? 0 : (turned.used() ? kOutsAtOnce : outs_per_task) * pitch();
  }
  std::int64_t factor_elements() const {
    return ceil_div(outs_per_task * images_per_task, 16) * 16;
  }
  std::size_t worker_bytes(std::size_t bytes) const;
};

struct UnsharedMemory {
  DataType type = DataType::F32;
  void *x = nullptr, *w = nullptr, *y = nullptr;
  void* turned = nullptr;           // of all workers
  std::int64_t* offsets = nullptr;  // the same; of the terms in it
  std::byte* buffer = nullptr;
};

// Before any other task.
void turn_task(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory);

void run_unshared_task(const UnsharedStage& stage, std::int64_t index,
                       const UnsharedMemory& memory);

}  // namespace convcheck::cpu::direct
