// A thread's part of a tile in plain arithmetic, f32 and f64, for a device and the host.
#pragma once

#include "fast/cuda/tile_loads.h"

namespace convcheck::gpu {

template <class Number>
struct alignas(16) Four {
  Number of[4];
};

// The thread's rows (or columns) of one k.
template <class Number, int kPart, int kExtent>
CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void own(const Number* from, int thread,
                                                Number (&to)[kPart]) {
  if constexpr (kPart < 4) {
    CONVCHECK_UNROLL
    for (int i = 0; i < kPart; ++i) to[i] = from[own_row(i, kPart, kExtent, thread)];
  } else {
    CONVCHECK_UNROLL
    for (int i = 0; i < kPart; i += 4) {
      const auto four =
          *reinterpret_cast<const Four<Number>*>(from + own_row(i, kPart, kExtent, thread));
      CONVCHECK_UNROLL
      for (int j = 0; j < 4; ++j) to[i + j] = four.of[j];
    }
  }
}

template <class Number, Kernel kKernel>
struct PlainTile {
  static constexpr Tile tile = tile_of(kKernel);
  static constexpr int kRows = tile.row_part, kColumns = tile.column_part;
  static constexpr int kLoadsA = tile.m * tile.k / tile.threads;
  static constexpr int kLoadsB = tile.n * tile.k / tile.threads;
  static constexpr int kColumnThreads = tile.n / tile.column_part;
  static_assert(tile.m * tile.k % tile.threads == 0 && tile.n * tile.k % tile.threads == 0);
  static_assert(kSides % tile.k == 0);

  // One of the two halves of shared memory: one is read while the other is written.
  struct alignas(16) Half {
    Number a[tile.k][tile.m + 4], b[tile.k][tile.n + 4];
  };

  int thread;
  Number loaded_a[kLoadsA], loaded_b[kLoadsB];
  Number sums[kRows][kColumns] = {};

  CONVCHECK_HOST_DEVICE explicit PlainTile(int number) : thread(number) {}

  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void load(const Plan& plan, const Work& work,
                                                   const Range& range, std::int64_t k,
                                                   const TileSides& sides, const Number* a,
                                                   const Number* b) {
    const auto take_a = [&](int i, Number value) { loaded_a[i] = value; };
    const auto take_b = [&](int i, Number value) { loaded_b[i] = value; };
    load_a<kKernel>(plan, work, range, k, sides, thread, a, take_a);
    load_b<kKernel>(plan, range, k, sides, thread, b, take_b);
  }

  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void store(const Plan& plan, Half& to) const {
    const Loads of_a = loads_of(tile, plan.a_along_k, tile.m, thread);
    const Loads of_b = loads_of(tile, plan.b_along_k, tile.n, thread);
    CONVCHECK_UNROLL
    for (int i = 0; i < kLoadsA; ++i) {
      to.a[of_a.k + i * of_a.k_step][of_a.row + i * of_a.row_step] = loaded_a[i];
    }
    CONVCHECK_UNROLL
    for (int i = 0; i < kLoadsB; ++i) {
      to.b[of_b.k + i * of_b.k_step][of_b.row + i * of_b.row_step] = loaded_b[i];
    }
  }

  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void multiply(const Half& from) {
    CONVCHECK_UNROLL
    for (int k = 0; k < tile.k; ++k) {
      Number a[kRows], b[kColumns];
      own<Number, kRows, tile.m>(from.a[k], thread / kColumnThreads, a);
      own<Number, kColumns, tile.n>(from.b[k], thread % kColumnThreads, b);
      CONVCHECK_UNROLL
      for (int i = 0; i < kRows; ++i) {
        CONVCHECK_UNROLL
        for (int j = 0; j < kColumns; ++j) sums[i][j] += a[i] * b[j];
      }
    }
  }

  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void write(const Plan& plan, const Work& work,
                                                    const TileSides& sides, Number* c,
                                                    Number* partial) const {
    CONVCHECK_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const std::int64_t m = work.m + own_row(i, kRows, tile.m, thread / kColumnThreads);
      CONVCHECK_UNROLL
      for (int j = 0; j < kColumns; ++j) {
        const int column = own_row(j, kColumns, tile.n, thread % kColumnThreads);
        if (m >= sides.of.m || work.n + column >= sides.of.n) continue;
        if (plan.splits > 1) {
          partial[plan.partial_sum(work.split, work.number, m, work.n + column)] = sums[i][j];
        } else {
          c[place_in_c(sides.of, m, sides.columns[column])] = sums[i][j];
        }
      }
    }
  }
};

}  // namespace convcheck::gpu
