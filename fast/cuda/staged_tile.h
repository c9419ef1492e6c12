// A thread's part of a tile for matrix units, up to their shared memory; for a device and the host.
#pragma once

#include "fast/cuda/short_bits.h"
#include "fast/cuda/tile_loads.h"

namespace convcheck::gpu {

// Elements in registers on their way to shared memory, short ones two in each.
template <class Stored, int kCount>
struct Staged {
  Stored of[kCount];
  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void set(int i, Stored value) { of[i] = value; }
  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE Stored get(int i) const { return of[i]; }
};
template <int kCount>
struct Staged<ShortBits, kCount> {
  unsigned of[(kCount + 1) / 2];
  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void set(int i, ShortBits value) {
    of[i / 2] = i % 2 == 0 ? value : of[i / 2] | static_cast<unsigned>(value) << 16;
  }
  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE ShortBits get(int i) const {
    return static_cast<ShortBits>(of[i / 2] >> i % 2 * 16);
  }
};

template <class Stored, Kernel kKernel>
struct StagedTile {
  static constexpr Tile tile = tile_of(kKernel);
  static constexpr int kGap = 16 / sizeof(Stored);  // at the end of lines, against bank conflicts
  static constexpr int kLineA = tile.k + kGap;
  // B lies as it is read: k by k, or column by column.
  static constexpr int kLineByK = tile.n + kGap, kLineByColumn = tile.k + kGap;
  static constexpr int kSizeA = tile.m * kLineA;
  static constexpr int kSizeB =
      tile.n * kLineByColumn > tile.k* kLineByK ? tile.n* kLineByColumn : tile.k* kLineByK;
  static constexpr int kLoadsA = tile.m * tile.k / tile.threads;
  static constexpr int kLoadsB = tile.n * tile.k / tile.threads;
  static_assert(tile.m * tile.k % tile.threads == 0 && tile.n * tile.k % tile.threads == 0);
  static_assert(kSides % tile.k == 0);

  // Of A, where it lies in eights.
  static constexpr int kEights = sizeof(Stored) == 2 ? kLoadsA / 8 : 0;
  static constexpr int kEightsOfRow = tile.k / 8;

  int thread;
  Staged<Stored, kLoadsA> loaded_a;
  Staged<Stored, kLoadsB> loaded_b;

  CONVCHECK_HOST_DEVICE explicit StagedTile(int number) : thread(number) {}

  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void load(const Plan& plan, const Work& work,
                                                   const Range& range, std::int64_t k,
                                                   const TileSides& sides, const Stored* a,
                                                   const Stored* b) {
    const auto take_a = [&](int i, Stored value) { loaded_a.set(i, value); };
    const auto take_b = [&](int i, Stored value) { loaded_b.set(i, value); };
    if constexpr (kEights > 0) {
      if (plan.a_by_eights) {
        load_eights(work, range, k, sides, a);
      } else {
        load_a<kKernel>(plan, work, range, k, sides, thread, a, take_a);
      }
    } else {
      load_a<kKernel>(plan, work, range, k, sides, thread, a, take_a);
    }
    load_b<kKernel>(plan, range, k, sides, thread, b, take_b);
  }

  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void load_eights(const Work& work, const Range& range,
                                                          std::int64_t k, const TileSides& sides,
                                                          const Stored* a) {
    const Product& of = sides.of;
    const Side* const summed = sides.summed + (k - range.first) % kSides;
    CONVCHECK_UNROLL
    for (int i = 0; i < kEights; ++i) {
      const int number = thread + i * tile.threads;
      const int row = number / kEightsOfRow, first = number % kEightsOfRow * 8;
      Eight eight{};
      if (work.m + row < of.m && k + first < range.last) {
        eight = *reinterpret_cast<const Eight*>(a + place_in_a(of, work.m + row, summed[first]));
      }
      CONVCHECK_UNROLL
      for (int j = 0; j < 8; ++j) loaded_a.set(i * 8 + j, static_cast<Stored>(eight.of[j]));
    }
  }

  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void store_eights(Stored* a) const {
    CONVCHECK_UNROLL
    for (int i = 0; i < kEights; ++i) {
      const int number = thread + i * tile.threads;
      const int row = number / kEightsOfRow, first = number % kEightsOfRow * 8;
      Eight eight;
      CONVCHECK_UNROLL
      for (int j = 0; j < 8; ++j) eight.of[j] = static_cast<ShortBits>(loaded_a.get(i * 8 + j));
      *reinterpret_cast<Eight*>(a + row * kLineA + first) = eight;
    }
  }

  // `used` is what the matrix units make of an element.
  template <class Used>
  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void store(const Plan& plan, Stored* a, Stored* b,
                                                    const Used& used) const {
    const Loads of_a = loads_of(tile, plan.a_along_k, tile.m, thread);
    const Loads of_b = loads_of(tile, plan.b_along_k, tile.n, thread);
    const int line_b = plan.b_along_k ? kLineByColumn : 1, step_b = plan.b_along_k ? 1 : kLineByK;
    if (kEights > 0 && plan.a_by_eights) {
      store_eights(a);
    } else {
      CONVCHECK_UNROLL
      for (int i = 0; i < kLoadsA; ++i) {
        const int row = of_a.row + i * of_a.row_step, k = of_a.k + i * of_a.k_step;
        a[row * kLineA + k] = used(loaded_a.get(i));
      }
    }
    CONVCHECK_UNROLL
    for (int i = 0; i < kLoadsB; ++i) {
      const int column = of_b.row + i * of_b.row_step, k = of_b.k + i * of_b.k_step;
      b[column * line_b + k * step_b] = used(loaded_b.get(i));
    }
  }
};

}  // namespace convcheck::gpu
