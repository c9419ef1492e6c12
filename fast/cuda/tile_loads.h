// How the threads of a block load a tile of gpu_direct's products, for a device and the host.
#pragma once

#include <cstdint>

#include "fast/cuda/plan.h"

namespace convcheck::gpu {

// Of a block, in memory that its threads share.
struct TileSides {
  Product& of;
  Side* columns;
  Side* summed;  // kSides of them
  int step = 1;  // those of each so many-th summed number
};

// The sides of the tile's columns, of which each thread sets some.
CONVCHECK_HOST_DEVICE inline void set_columns(const Plan& plan, Tile tile, const Work& work,
                                              const TileSides& sides, int thread) {
  for (int i = thread; i < tile.n; i += tile.threads) {
    sides.columns[i] =
        work.n + i < sides.of.n ? column_side(plan.conv, sides.of, work.n + i) : no_side();
  }
}

// Whether the next kSides sides of summed numbers are to be set before those from k on are loaded.
CONVCHECK_HOST_DEVICE inline bool is_sides_turn(const TileSides& sides, const Range& range,
                                                std::int64_t k) {
  return (k - range.first) % (kSides * sides.step) == 0;
}
CONVCHECK_HOST_DEVICE inline void set_summed(const Plan& plan, Tile tile, const Range& range,
                                             std::int64_t k, const TileSides& sides, int thread) {
  for (int i = thread; i < kSides; i += tile.threads) {
    const std::int64_t number = k + i * sides.step;
    sides.summed[i] = number < range.last ? summed_side(plan.conv, sides.of, number) : no_side();
  }
}

// Calls take(i, value) for the elements of A's tile that the thread loads.
template <Kernel kKernel, class Stored, class Take>
CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void load_a(const Plan& plan, const Work& work,
                                                   const Range& range, std::int64_t k,
                                                   const TileSides& sides, int thread,
                                                   const Stored* a, const Take& take) {
  constexpr Tile tile = tile_of(kKernel);
  const Product& of = sides.of;
  const Side* const summed = sides.summed + (k - range.first) % kSides;
  const Loads loads = loads_of(tile, plan.a_along_k, tile.m, thread);
  const int rows = static_cast<int>(of.m - work.m < tile.m ? of.m - work.m : tile.m);
  const int depth = static_cast<int>(range.last - k < tile.k ? range.last - k : tile.k);
  CONVCHECK_UNROLL
  for (int i = 0; i < tile.m * tile.k / tile.threads; ++i) {
    const int row = loads.row + i * loads.row_step, number = loads.k + i * loads.k_step;
    const Side& side = summed[number];
    const bool inside = row < rows && number < depth && is_in_a(plan, of, side);
    take(i, inside ? a[place_in_a(of, work.m + row, side)] : Stored(0));
  }
}

template <Kernel kKernel, bool kAlongK, bool kByBits, class Stored, class Take>
CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void load_b(const Range& range, std::int64_t k,
                                                   const TileSides& sides, int thread,
                                                   const Stored* b, const Take& take) {
  constexpr Tile tile = tile_of(kKernel);
  const Product& of = sides.of;
  const Side* const summed = sides.summed + (k - range.first) % kSides;
  const Loads loads = loads_of(tile, kAlongK, tile.n, thread);
  CONVCHECK_UNROLL
  for (int i = 0; i < tile.n * tile.k / tile.threads; ++i) {
    const Side& column = sides.columns[loads.row + i * loads.row_step];
    const Side& side = summed[loads.k + i * loads.k_step];
    const bool inside = kByBits ? meet_by_bits(column, side) : meet(column, side);
    take(i, inside ? b[place_in_b(of, column, side)] : Stored(0));
  }
}

// The same of B.
template <Kernel kKernel, class Stored, class Take>
CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void load_b(const Plan& plan, const Range& range,
                                                   std::int64_t k, const TileSides& sides,
                                                   int thread, const Stored* b, const Take& take) {
  // Fewer instances of the kernels that matter less: each takes seconds to compile.
  constexpr bool kBits = kKernel != Kernel::Double && kKernel != Kernel::Tf32;
  const bool by_bits = kBits && plan.by_bits;
  if (plan.b_along_k) {
    if (by_bits) {
      load_b<kKernel, true, kBits>(range, k, sides, thread, b, take);
    } else {
      load_b<kKernel, true, false>(range, k, sides, thread, b, take);
    }
  } else if (by_bits) {
    load_b<kKernel, false, kBits>(range, k, sides, thread, b, take);
  } else {
    load_b<kKernel, false, false>(range, k, sides, thread, b, take);
  }
}

}  // namespace convcheck::gpu
