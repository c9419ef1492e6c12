// Tiles in plain arithmetic: f32 and f64.
#pragma once

#include "fast/cuda/plain_tile.h"
#include "fast/cuda/shared_sides.cuh"

namespace convcheck::gpu {

template <class Number, Kernel kKernel>
__global__ void __launch_bounds__(tile_of(kKernel).threads, kKernel == Kernel::Double ? 1 : 2)
    plain(const Plan plan, const Number* a, const Number* b, Number* c, Number* partial, bool) {
  using Own = PlainTile<Number, kKernel>;
  constexpr Tile tile = tile_of(kKernel);
  __shared__ typename Own::Half halves[2];
  __shared__ Raw<sizeof(Product)> of;
  __shared__ Raw<sizeof(Side) * tile.n> columns;
  __shared__ Raw<sizeof(Side) * kSides> summed_sides;
  const TileSides sides{*reinterpret_cast<Product*>(&of), reinterpret_cast<Side*>(&columns),
                        reinterpret_cast<Side*>(&summed_sides)};
  for (std::int64_t block = blockIdx.x; block < plan.blocks(); block += gridDim.x) {
    const Work work = work_of(plan, tile, block);
    if (!begin_tile(plan, tile, work, sides)) continue;
    const Range range = summed(plan, sides.of, work.split);
    Own own_tile(threadIdx.x);
    int half = 0;
    for (std::int64_t k = range.first - tile.k; k < range.last; k += tile.k, half ^= 1) {
      const std::int64_t next = k + tile.k;
      if (next < range.last) {
        refill(plan, tile, range, next, sides);
        own_tile.load(plan, work, range, next, sides, a, b);
      }
      if (k >= range.first) own_tile.multiply(halves[half]);
      if (next < range.last) own_tile.store(plan, halves[half ^ 1]);
      __syncthreads();
    }
    own_tile.write(plan, work, sides, c, partial);
  }
}

}  // namespace convcheck::gpu
