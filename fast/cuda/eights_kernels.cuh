// Tiles on matrix units whose operands both lie in eights: several steps are on their way to shared
// memory while one is multiplied.
#pragma once

#include <cuda_pipeline_primitives.h>

#include "fast/cuda/eights_tile.h"
#include "fast/cuda/matrix_kernels.cuh"

namespace convcheck::gpu {

inline constexpr int kStages = 3;

template <Kernel kKernel>
inline constexpr int kBytesOfStages = kStages*(EightsTile<kKernel>::kSizeA +
                                               EightsTile<kKernel>::kSizeB) *
                                      sizeof(ShortBits);
template <Kernel kKernel>
inline constexpr int kBytesByEights = kBytesOfStages<kKernel> +
                                      sizeof(Side) * (tile_of(kKernel).n + kSides) +
                                      (sizeof(Product) + 15) / 16 * 16;

// Two blocks share a multiprocessor: one multiplies while the other begins or writes.
template <Kernel kKernel>
__global__ void __launch_bounds__(tile_of(kKernel).threads, 2)
    by_eights(const Plan plan, const ShortBits* a, const ShortBits* b, ShortBits* c, float* partial,
              bool bf16) {
  using Own = EightsTile<kKernel>;
  constexpr Tile tile = tile_of(kKernel);
  constexpr int kAhead = (kStages - 1) * tile.k;
  extern __shared__ __align__(128) unsigned char memory[];
  auto* const stages = reinterpret_cast<ShortBits*>(memory);
  auto* const columns = reinterpret_cast<Side*>(memory + kBytesOfStages<kKernel>);
  const TileSides sides{*reinterpret_cast<Product*>(columns + tile.n + kSides), columns,
                        columns + tile.n, 8};
  const auto a_of = [&](int stage) { return stages + stage * (Own::kSizeA + Own::kSizeB); };
  const auto b_of = [&](int stage) { return a_of(stage) + Own::kSizeA; };
  const auto copy = [](ShortBits* to, const ShortBits* from, std::int64_t place, bool inside) {
    // So many of its last bytes are zeros, and are not read.
    const std::size_t zeros = inside ? 0 : sizeof(Eight);
    __pipeline_memcpy_async(to, from + (inside ? place : 0), sizeof(Eight), zeros);
  };
  for (std::int64_t block = blockIdx.x; block < plan.blocks(); block += gridDim.x) {
    const Work work = work_of(plan, tile, block);
    if (!begin_tile(plan, tile, work, sides)) continue;
    const Range range = summed(plan, sides.of, work.split);
    MatrixTile<ShortBits, kKernel> sums;
    int stage = 0, filled = 0;
    constexpr std::int64_t kNumbers = kSides * 8;  // those of the sides
    for (std::int64_t first = range.first; first < range.last; first += kNumbers) {
      if (first > range.first) __syncthreads();  // nobody reads the sides before
      // By other threads than the columns' sides, at the same time.
      set_summed(plan, tile, range, first, sides, (threadIdx.x + tile.n) % tile.threads);
      __syncthreads();
      const Own own(work, sides, threadIdx.x);
      const bool is_last = first + kNumbers >= range.last;
      const std::int64_t last = is_last ? range.last + kAhead : first + kNumbers;
      for (std::int64_t next = first; next < last; next += tile.k) {
        __pipeline_wait_prior(kStages - 2);
        __syncthreads();
        if (next < range.last) {
          own.load(range, next, sides, a, b, a_of(filled), b_of(filled), copy);
          filled = filled + 1 < kStages ? filled + 1 : 0;
        }
        __pipeline_commit();
        if (next >= range.first + kAhead) {
          sums.multiply(true, bf16, a_of(stage), b_of(stage));
          stage = stage + 1 < kStages ? stage + 1 : 0;
        }
      }
    }
    __syncthreads();  // the stages become patches
    sums.write(plan, work, sides, c, partial, bf16, reinterpret_cast<float*>(stages));
  }
}

}  // namespace convcheck::gpu
