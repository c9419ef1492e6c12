// Tiles on matrix units (tensor cores): f16 and bf16, and f32 whose inputs are rounded to TF32. All
// add up in f32.
#pragma once

#include <mma.h>

#include <type_traits>

#include "fast/cuda/device_numbers.cuh"
#include "fast/cuda/shared_sides.cuh"

namespace convcheck::gpu {

template <class Stored, Kernel kKernel>
struct MatrixTile {
  using Loaded = StagedTile<Stored, kKernel>;
  static constexpr bool kShort = sizeof(Stored) == 2;
  static constexpr Tile tile = tile_of(kKernel);
  static constexpr int kStep = kShort ? 16 : 8;  // k of one multiplication of 16 x 16
  static constexpr int kWarpRows = 2, kWarpColumns = 4;
  static constexpr int kRows = tile.m / kWarpRows / 16, kColumns = tile.n / kWarpColumns / 16;
  static constexpr int kLineA = Loaded::kLineA;
  static_assert(tile.threads == 32 * kWarpRows * kWarpColumns);
  // A warp's 16 x 16 sums on their way to memory.
  static constexpr int kPatchLine = 20, kPatch = 16 * kPatchLine;
  static_assert(8 * kPatch * sizeof(float) <= 2 * Loaded::kSizeA * sizeof(Stored));

  static constexpr int kBytesOfHalves = 2 * (Loaded::kSizeA + Loaded::kSizeB) * sizeof(Stored);
  static constexpr int kBytes =
      kBytesOfHalves + sizeof(Side) * (tile.n + kSides) + (sizeof(Product) + 15) / 16 * 16;

  using Sums = nvcuda::wmma::fragment<nvcuda::wmma::accumulator, 16, 16, kStep, float>;

  Sums sums[kRows][kColumns];

  __device__ __forceinline__ MatrixTile() {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
#pragma unroll
      for (int j = 0; j < kColumns; ++j) nvcuda::wmma::fill_fragment(sums[i][j], 0.0f);
    }
  }

  // What the units make of an element. Rounds f32 to TF32: to nearest.
  __device__ static __forceinline__ float used(float value) {
    return nvcuda::wmma::__float_to_tf32(value);
  }
  __device__ static __forceinline__ ShortBits used(ShortBits value) { return value; }

  // Element: how the matrix units see what is stored.
  template <class Element, class Memory, class LayoutB>
  __device__ __forceinline__ void multiply(const Memory* a, const Memory* b) {
    namespace wmma = nvcuda::wmma;
    constexpr bool by_column = std::is_same_v<LayoutB, wmma::col_major>;
    constexpr int kLineB = by_column ? Loaded::kLineByColumn : Loaded::kLineByK;
    const int warp = threadIdx.x / 32;
    const int first_row = warp / kWarpColumns * 16 * kRows;
    const int first_column = warp % kWarpColumns * 16 * kColumns;
#pragma unroll
    for (int k = 0; k < tile.k; k += kStep) {
      wmma::fragment<wmma::matrix_b, 16, 16, kStep, Element, LayoutB> of_b[kColumns];
#pragma unroll
      for (int j = 0; j < kColumns; ++j) {
        const int column = first_column + 16 * j;
        wmma::load_matrix_sync(of_b[j], b + (by_column ? column * kLineB + k : k * kLineB + column),
                               kLineB);
      }
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        wmma::fragment<wmma::matrix_a, 16, 16, kStep, Element, wmma::row_major> of_a;
        wmma::load_matrix_sync(of_a, a + (first_row + 16 * i) * kLineA + k, kLineA);
#pragma unroll
        for (int j = 0; j < kColumns; ++j) wmma::mma_sync(sums[i][j], of_a, of_b[j], sums[i][j]);
      }
    }
  }

  template <class Element, class Memory>
  __device__ __forceinline__ void multiply_as(bool by_column, const Stored* a, const Stored* b) {
    const auto* const of_a = reinterpret_cast<const Memory*>(a);
    const auto* const of_b = reinterpret_cast<const Memory*>(b);
    if (by_column) {
      multiply<Element, Memory, nvcuda::wmma::col_major>(of_a, of_b);
    } else {
      multiply<Element, Memory, nvcuda::wmma::row_major>(of_a, of_b);
    }
  }

  __device__ __forceinline__ void multiply(bool by_column, bool bf16, const Stored* a,
                                           const Stored* b) {
    if constexpr (!kShort) {
      multiply_as<nvcuda::wmma::precision::tf32, float>(by_column, a, b);
    } else if (bf16) {
      multiply_as<__nv_bfloat16, __nv_bfloat16>(by_column, a, b);
    } else {
      multiply_as<half, half>(by_column, a, b);
    }
  }

  __device__ __forceinline__ void write(const Plan& plan, const Work& work, const TileSides& sides,
                                        Stored* c, float* partial, bool bf16,
                                        float* patches) const {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    float* const patch = patches + warp * kPatch;
    const std::int64_t first = work.m + warp / kWarpColumns * kRows * 16 + lane / 16;
    const std::int64_t step = plan.splits > 1 ? plan.most_n : sides.of.row_c;
#pragma unroll
    for (int j = 0; j < kColumns; ++j) {
      const int column = (warp % kWarpColumns * kColumns + j) * 16 + lane % 16;
      // A lane has every other row of a column.
      const std::int64_t n = work.n + column;
      const std::int64_t below = n < sides.of.n ? sides.of.m - first : 0;
      const int rows = static_cast<int>(below < tile.m ? below : tile.m);
      std::int64_t place = plan.splits > 1 ? plan.partial_sum(work.split, work.number, first, n)
                                           : place_in_c(sides.of, first, sides.columns[column]);
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        nvcuda::wmma::store_matrix_sync(patch, sums[i][j], kPatchLine, nvcuda::wmma::mem_row_major);
        __syncwarp();
        float values[8];
#pragma unroll
        for (int r = 0; r < 8; ++r) {
          values[r] = patch[(2 * r + lane / 16) * kPatchLine + lane % 16];
        }
#pragma unroll
        for (int r = 0; r < 8; ++r, place += 2 * step) {
          if (i * 16 + 2 * r >= rows) continue;
          if (plan.splits > 1) {
            partial[place] = values[r];
          } else {
            set_stored(c[place], values[r], bf16);
          }
        }
        __syncwarp();
      }
    }
  }
};

template <class Stored, Kernel kKernel>
__global__ void __launch_bounds__(tile_of(kKernel).threads)
    by_matrix_units(const Plan plan, const Stored* a, const Stored* b, Stored* c, float* partial,
                    bool bf16) {
  using Own = MatrixTile<Stored, kKernel>;
  constexpr Tile tile = tile_of(kKernel);
  extern __shared__ __align__(128) unsigned char memory[];
  auto* const halves = reinterpret_cast<Stored*>(memory);
  auto* const columns = reinterpret_cast<Side*>(memory + Own::kBytesOfHalves);
  const TileSides sides{*reinterpret_cast<Product*>(columns + tile.n + kSides), columns,
                        columns + tile.n};
  const auto a_of = [&](int half) { return halves + half * Own::Loaded::kSizeA; };
  const auto b_of = [&](int half) {
    return halves + 2 * Own::Loaded::kSizeA + half * Own::Loaded::kSizeB;
  };
  for (std::int64_t block = blockIdx.x; block < plan.blocks(); block += gridDim.x) {
    const Work work = work_of(plan, tile, block);
    if (!begin_tile(plan, tile, work, sides)) continue;
    const Range range = summed(plan, sides.of, work.split);
    Own own_tile;
    typename Own::Loaded loaded(threadIdx.x);
    int half = 0;
    for (std::int64_t k = range.first - tile.k; k < range.last; k += tile.k, half ^= 1) {
      const std::int64_t next = k + tile.k;
      if (next < range.last) {
        refill(plan, tile, range, next, sides);
        loaded.load(plan, work, range, next, sides, a, b);
      }
      if (k >= range.first) own_tile.multiply(plan.b_along_k, bf16, a_of(half), b_of(half));
      if (next < range.last) {
        loaded.store(plan, a_of(half ^ 1), b_of(half ^ 1),
                     [](Stored value) { return Own::used(value); });
      }
      __syncthreads();
    }
    own_tile.write(plan, work, sides, c, partial, bf16, reinterpret_cast<float*>(halves));
  }
}

}  // namespace convcheck::gpu
