// How a call is cut into blocks and tasks: by its sizes alone, never by the number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "reference/problem.h"

namespace convcheck::cpu {

struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
};

constexpr std::int64_t ceil_div(std::int64_t count, std::int64_t by) {
  return (count + by - 1) / by;
}

// 0 .. total - 1 in blocks that do not cross the multiples of `unit`.
struct Partition {
  std::int64_t total = 1, unit = 1, block = 1;

  static Partition even(std::int64_t total,
                        std::int64_t at_most);  // one unit, blocks of nearly one size
  std::int64_t blocks_per_unit() const { return ceil_div(unit, block); }
  std::int64_t units() const { return ceil_div(total, unit); }
  std::int64_t count() const;
  Range range(std::int64_t index) const;
};

// Sizes of the matrices of one group (and one region, which is an output position of unshared
// filters).
struct Extents {
  std::int64_t groups = 1, regions = 1;
  std::int64_t filters = 1;                // rows of Y and W
  std::int64_t channels = 1, taps = 1;     // columns of W, rows of X
  std::int64_t images = 1, positions = 1;  // columns of Y and X
  std::int64_t slabs = 1;                  // at most so many slabs of the images are worth while

  std::int64_t rows() const { return channels * taps; }
  std::int64_t columns() const { return images * positions; }
  double products() const;  // of the whole call
};

struct Blocks {
  Partition filters, rows, columns;
  // Gradient of the inputs: a task writes a block of channels in one slab of a unit of images.
  Partition channels;
  std::int64_t slabs = 1;
  // Gradient of the weights: so many tasks sum up a share of the columns each, for one block of the
  // result.
  std::int64_t parts = 1;

  // Elements of a block of each matrix.
  std::int64_t w_elements() const { return filters.block * rows.block; }
  std::int64_t x_elements() const { return rows.block * columns.block; }
  std::int64_t y_elements() const { return filters.block * columns.block; }
};

// Blocks of X have at most `elements`, those of W and Y twice as many.
Blocks choose_blocks(Direction direction, const Extents& extents, std::int64_t elements);

std::int64_t task_count(Direction direction, const Extents& extents, const Blocks& blocks);

}  // namespace convcheck::cpu
