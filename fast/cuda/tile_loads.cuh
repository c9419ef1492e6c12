// What gpu_direct's kernels share: the sides of a tile in shared memory, and its loads.
#pragma once

#include <cstdint>

#include "fast/cuda/plan.h"

namespace convcheck::gpu {

// Of a block, in shared memory.
struct TileSides {
  Product& of;
  Side* columns;
  Side* summed;  // kSides of them
};

// Shared memory is not constructed.
template <int kBytes>
struct __align__(16) Raw {
  unsigned char bytes[kBytes];
};

// Sets the product and the sides of its columns; false where this product has no such columns. All
// threads of the block come here.
__device__ inline bool begin_tile(const Plan& plan, Tile tile, const Work& work,
                                  const TileSides& sides) {
  __syncthreads();  // nobody reads those of the tile before
  if (threadIdx.x == 0) sides.of = product_of(plan.conv, work.number);
  __syncthreads();
  if (work.n >= sides.of.n) return false;
  for (int i = threadIdx.x; i < tile.n; i += tile.threads) {
    sides.columns[i] =
        work.n + i < sides.of.n ? column_side(plan.conv, sides.of, work.n + i) : no_side();
  }
  return true;
}

// The sides of the summed numbers from k on, when it is their turn. All threads come here, after
// all have read the ones before.
__device__ inline void refill(const Plan& plan, Tile tile, const Range& range, std::int64_t k,
                              const TileSides& sides) {
  if ((k - range.first) % kSides != 0) return;
  for (int i = threadIdx.x; i < kSides; i += tile.threads) {
    sides.summed[i] = k + i < range.last ? summed_side(plan.conv, sides.of, k + i) : no_side();
  }
  __syncthreads();
}

// Calls take(i, value) for the elements of A's tile that this thread loads.
template <Kernel kKernel, class Stored, class Take>
__device__ __forceinline__ void load_a(const Plan& plan, const Work& work, const Range& range,
                                       std::int64_t k, const TileSides& sides, const Stored* a,
                                       const Take& take) {
  constexpr Tile tile = tile_of(kKernel);
  const Product& of = sides.of;
  const Side* const summed = sides.summed + (k - range.first) % kSides;
  const Loads loads = loads_of(tile, plan.a_along_k, tile.m, threadIdx.x);
  const int rows = static_cast<int>(of.m - work.m < tile.m ? of.m - work.m : tile.m);
  const int depth = static_cast<int>(range.last - k < tile.k ? range.last - k : tile.k);
#pragma unroll
  for (int i = 0; i < tile.m * tile.k / tile.threads; ++i) {
    const int row = loads.row + i * loads.row_step, number = loads.k + i * loads.k_step;
    const Side& side = summed[number];
    const bool inside = row < rows && number < depth && is_in_a(plan, of, side);
    take(i, inside ? a[place_in_a(of, work.m + row, side)] : Stored(0));
  }
}

// The same of B.
template <Kernel kKernel, bool kAlongK, class Stored, class Take>
__device__ __forceinline__ void load_b(const Range& range, std::int64_t k, const TileSides& sides,
                                       const Stored* b, const Take& take) {
  constexpr Tile tile = tile_of(kKernel);
  const Product& of = sides.of;
  const Side* const summed = sides.summed + (k - range.first) % kSides;
  const Loads loads = loads_of(tile, kAlongK, tile.n, threadIdx.x);
#pragma unroll
  for (int i = 0; i < tile.n * tile.k / tile.threads; ++i) {
    const Side& column = sides.columns[loads.row + i * loads.row_step];
    const Side& side = summed[loads.k + i * loads.k_step];
    take(i, meet(column, side) ? b[place_in_b(of, column, side)] : Stored(0));
  }
}

}  // namespace convcheck::gpu
