// The sides of a tile in the shared memory of a block.
#pragma once

#include "fast/cuda/tile_loads.h"

namespace convcheck::gpu {

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
  set_columns(plan, tile, work, sides, threadIdx.x);
  return true;
}

// The sides of the summed numbers from k on, when it is their turn. All threads come here, after
// all have read the ones before.
__device__ inline void refill(const Plan& plan, Tile tile, const Range& range, std::int64_t k,
                              const TileSides& sides) {
  if (!is_sides_turn(sides, range, k)) return;
  set_summed(plan, tile, range, k, sides, threadIdx.x);
  __syncthreads();
}

}  // namespace convcheck::gpu
