// The kernel of last_copy.h.
#pragma once

#include "fast/cuda/last_copy.h"
#include "fast/cuda/shared_sides.cuh"

namespace convcheck::gpu {

__global__ void __launch_bounds__(LastCopy::kThreads) copy_last(const LastCopies copies) {
  __shared__ Raw<sizeof(ShortBits) * CopyTile::kSize> memory;
  auto* const shared = reinterpret_cast<ShortBits*>(&memory);
  for (std::int64_t block = blockIdx.x; block < copies.blocks(); block += gridDim.x) {
    const std::int64_t before = copies.of[0].blocks();
    const int which = block < before ? 0 : 1;
    const LastCopy& copy = copies.of[which];
    const CopyTile tile = copy_tile(copy, which == 0 ? block : block - before);
    __syncthreads();  // nobody reads the tile before
    load_copy(copy, tile, threadIdx.x, static_cast<const ShortBits*>(copies.from[which]), shared);
    __syncthreads();
    store_copy(copy, tile, threadIdx.x, shared, static_cast<ShortBits*>(copies.to[which]));
  }
}

}  // namespace convcheck::gpu
