// How gpu_direct divides a call among the blocks of a grid and the threads of a block, as functions
// of their numbers that a device and the host evaluate alike.
//
// A block computes a tile of some rows and columns of one product, over all of the summed numbers
// or over one of several parts of them (`splits`), whose sums a second kernel adds up in their
// order: the same bits every time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fast/cuda/sides.h"

namespace convcheck::gpu {

// A tile: so many rows m, columns n and summed numbers k at a time, by so many threads. Of plain
// kernels each thread has row_part x column_part elements; those of matrix units have none.
struct Tile {
  int m, n, k, threads, row_part, column_part;
};

enum class Kernel { Single, SingleThin, Double, Half, HalfNarrow, Tf32 };

// The thin one is for groups of few channels, the narrow one for at most 64 rows.
CONVCHECK_HOST_DEVICE constexpr Tile tile_of(Kernel kernel) {
  switch (kernel) {
    case Kernel::Single:
      return {64, 128, 8, 128, 8, 8};
    case Kernel::SingleThin:
      return {8, 128, 16, 128, 8, 1};
    case Kernel::Double:
      return {64, 64, 8, 256, 4, 4};
    case Kernel::Half:
      return {128, 128, 32, 256, 0, 0};
    case Kernel::HalfNarrow:
      return {64, 128, 32, 256, 0, 0};
    default:
      return {128, 128, 16, 256, 0, 0};
  }
}

// So many summed numbers' sides a block keeps at a time; a multiple of every tile's k.
inline constexpr int kSides = 128;

struct Plan {
  Convolution conv;
  Kernel kernel = Kernel::Single;
  std::int64_t products = 0, m_tiles = 0, n_tiles = 0, splits = 1, k_of_split = 0;
  std::int64_t most_m = 0, most_n = 0;  // of all products
  // Neighbouring threads read neighbouring k of the operand, not neighbouring rows or columns.
  bool a_along_k = false, b_along_k = false;
  bool by_bits = false;  // no product has more than 64 taps
  // Of short types: every eight k of a row of A, from a multiple of eight, lie beside one another
  // at a multiple of 16 bytes, all of them inside.
  bool a_by_eights = false;
  // The same of A and of the columns of B, where eight k are of one tap: another kernel.
  bool by_eights = false;

  CONVCHECK_HOST_DEVICE std::int64_t blocks() const {
    return products * splits * n_tiles * m_tiles;
  }
  // Elements of the sums of all splits.
  CONVCHECK_HOST_DEVICE std::int64_t partial_sums() const {
    return splits > 1 ? splits * products * most_m * most_n : 0;
  }
  CONVCHECK_HOST_DEVICE std::int64_t partial_sum(std::int64_t split, std::int64_t number,
                                                 std::int64_t m, std::int64_t n) const {
    return ((split * products + number) * most_m + m) * most_n + n;
  }
};

// What a block does. Blocks that follow one another share columns, of the larger operand.
struct Work {
  std::int64_t number = 0, split = 0, m = 0, n = 0;  // of the product; the tile's first row, column
};

CONVCHECK_HOST_DEVICE inline Work work_of(const Plan& plan, Tile tile, std::int64_t block) {
  const std::int64_t columns = quotient(block, plan.m_tiles);
  const std::int64_t parts = quotient(columns, plan.n_tiles);
  Work work;
  work.m = (block - columns * plan.m_tiles) * tile.m;
  work.n = (columns - parts * plan.n_tiles) * tile.n;
  work.number = quotient(parts, plan.splits);
  work.split = parts - work.number * plan.splits;
  return work;
}

struct Range {
  std::int64_t first = 0, last = 0;
};

// The summed numbers of a split: first .. last - 1, possibly none.
CONVCHECK_HOST_DEVICE inline Range summed(const Plan& plan, const Product& of, std::int64_t split) {
  const std::int64_t first = split * plan.k_of_split, last = first + plan.k_of_split;
  return {first < of.k ? first : of.k, last < of.k ? last : of.k};
}

// The elements of a tile of rows x depth that a thread loads: row + i * row_step, k + i * k_step.
struct Loads {
  int row = 0, k = 0, row_step = 0, k_step = 0;
};

CONVCHECK_HOST_DEVICE inline Loads loads_of(Tile tile, bool along_k, int rows, int thread) {
  if (along_k) return {thread / tile.k, thread % tile.k, tile.threads / tile.k, 0};
  return {thread % rows, thread / rows, 0, tile.threads / rows};
}

// The rows (or columns) of a tile that a thread has in its registers: `part` of `extent`, by fours.
CONVCHECK_HOST_DEVICE inline int own_row(int i, int part, int extent, int thread) {
  if (part < 4) return thread + i * (extent / part);
  return i / 4 * (extent / (part / 4)) + thread * 4 + i % 4;
}

// Where an element of A lies. `side` is of the k of the element.
CONVCHECK_HOST_DEVICE inline std::int64_t place_in_a(const Product& of, std::int64_t m,
                                                     const Side& side) {
  return wrapped_sum(of.a + m * of.row_a, side.other);
}
CONVCHECK_HOST_DEVICE inline bool is_in_a(const Plan& plan, const Product& of, const Side& side) {
  return !plan.conv.filters_may_be_absent() || meet(of.whole, side);
}
CONVCHECK_HOST_DEVICE inline std::int64_t place_in_b(const Product& of, const Side& column,
                                                     const Side& summed) {
  return of.b + wrapped_sum(column.place, summed.place);
}
CONVCHECK_HOST_DEVICE inline std::int64_t place_in_c(const Product& of, std::int64_t m,
                                                     const Side& column) {
  return wrapped_sum(of.c + m * of.row_c, column.other);
}

}  // namespace convcheck::gpu
