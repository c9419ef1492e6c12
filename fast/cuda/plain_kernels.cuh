// Tiles in plain arithmetic: f32 and f64, and both short formats with few rows.
#pragma once

#include "fast/cuda/device_numbers.cuh"
#include "fast/cuda/tile_loads.cuh"

namespace convcheck::gpu {

template <class Number>
struct __align__(16) Four {
  Number of[4];
};

// The thread's rows (or columns) of one k.
template <class Number, int kPart, int kExtent>
__device__ __forceinline__ void own(const Number* from, int thread, Number (&to)[kPart]) {
  if constexpr (kPart < 4) {
#pragma unroll
    for (int i = 0; i < kPart; ++i) to[i] = from[own_row(i, kPart, kExtent, thread)];
  } else {
#pragma unroll
    for (int i = 0; i < kPart; i += 4) {
      const auto four =
          *reinterpret_cast<const Four<Number>*>(from + own_row(i, kPart, kExtent, thread));
#pragma unroll
      for (int j = 0; j < 4; ++j) to[i + j] = four.of[j];
    }
  }
}

template <class Stored, class Number, Kernel kKernel>
struct PlainTile {
  static constexpr Tile tile = tile_of(kKernel);
  static constexpr int kRows = tile.row_part, kColumns = tile.column_part;
  static constexpr int kLoadsA = tile.m * tile.k / tile.threads;
  static constexpr int kLoadsB = tile.n * tile.k / tile.threads;
  static_assert(tile.m * tile.k % tile.threads == 0 && tile.n * tile.k % tile.threads == 0);
  static_assert(kSides % tile.k == 0);

  // One of the two halves of shared memory: one is read while the other is written.
  struct Half {
    Number a[tile.k][tile.m + 4], b[tile.k][tile.n + 4];
  };

  Number loaded_a[kLoadsA], loaded_b[kLoadsB];
  Number sums[kRows][kColumns] = {};

  __device__ __forceinline__ void load(const Plan& plan, const Work& work, const Range& range,
                                       std::int64_t k, const TileSides& sides, const Stored* a,
                                       const Stored* b, bool bf16) {
    const auto take_a = [&](int i, Stored value) { loaded_a[i] = to_number(value, bf16); };
    const auto take_b = [&](int i, Stored value) { loaded_b[i] = to_number(value, bf16); };
    load_a<kKernel>(plan, work, range, k, sides, a, take_a);
    if (plan.b_along_k) {
      load_b<kKernel, true>(range, k, sides, b, take_b);
    } else {
      load_b<kKernel, false>(range, k, sides, b, take_b);
    }
  }

  __device__ __forceinline__ void store(const Plan& plan, Half& to) const {
    const Loads of_a = loads_of(tile, plan.a_along_k, tile.m, threadIdx.x);
    const Loads of_b = loads_of(tile, plan.b_along_k, tile.n, threadIdx.x);
#pragma unroll
    for (int i = 0; i < kLoadsA; ++i) {
      to.a[of_a.k + i * of_a.k_step][of_a.row + i * of_a.row_step] = loaded_a[i];
    }
#pragma unroll
    for (int i = 0; i < kLoadsB; ++i) {
      to.b[of_b.k + i * of_b.k_step][of_b.row + i * of_b.row_step] = loaded_b[i];
    }
  }

  __device__ __forceinline__ void multiply(const Half& from, int row_thread, int column_thread) {
#pragma unroll
    for (int k = 0; k < tile.k; ++k) {
      Number a[kRows], b[kColumns];
      own<Number, kRows, tile.m>(from.a[k], row_thread, a);
      own<Number, kColumns, tile.n>(from.b[k], column_thread, b);
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
#pragma unroll
        for (int j = 0; j < kColumns; ++j) sums[i][j] += a[i] * b[j];
      }
    }
  }

  __device__ __forceinline__ void write(const Plan& plan, const Work& work, const TileSides& sides,
                                        Stored* c, Number* partial, bool bf16, int row_thread,
                                        int column_thread) const {
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      const std::int64_t m = work.m + own_row(i, kRows, tile.m, row_thread);
#pragma unroll
      for (int j = 0; j < kColumns; ++j) {
        const int column = own_row(j, kColumns, tile.n, column_thread);
        if (m >= sides.of.m || work.n + column >= sides.of.n) continue;
        if (plan.splits > 1) {
          partial[plan.partial_sum(work.split, work.number, m, work.n + column)] = sums[i][j];
        } else {
          set_stored(c[place_in_c(sides.of, m, sides.columns[column])], sums[i][j], bf16);
        }
      }
    }
  }
};

template <class Stored, class Number, Kernel kKernel>
__global__ void __launch_bounds__(tile_of(kKernel).threads, kKernel == Kernel::Double ? 1 : 2)
    plain(const Plan plan, const Stored* a, const Stored* b, Stored* c, Number* partial,
          bool bf16) {
  using Own = PlainTile<Stored, Number, kKernel>;
  constexpr Tile tile = tile_of(kKernel);
  __shared__ __align__(16) typename Own::Half halves[2];
  __shared__ Raw<sizeof(Product)> of;
  __shared__ Raw<sizeof(Side) * tile.n> columns;
  __shared__ Raw<sizeof(Side) * kSides> summed_sides;
  const TileSides sides{*reinterpret_cast<Product*>(&of), reinterpret_cast<Side*>(&columns),
                        reinterpret_cast<Side*>(&summed_sides)};
  const int row_thread = threadIdx.x / (tile.n / tile.column_part);
  const int column_thread = threadIdx.x % (tile.n / tile.column_part);
  for (std::int64_t block = blockIdx.x; block < plan.blocks(); block += gridDim.x) {
    const Work work = work_of(plan, tile, block);
    if (!begin_tile(plan, tile, work, sides)) continue;
    const Range range = summed(plan, sides.of, work.split);
    Own own_tile;
    int half = 0;
    for (std::int64_t k = range.first - tile.k; k < range.last; k += tile.k, half ^= 1) {
      const std::int64_t next = k + tile.k;
      if (next < range.last) {
        refill(plan, tile, range, next, sides);
        own_tile.load(plan, work, range, next, sides, a, b, bf16);
      }
      if (k >= range.first) own_tile.multiply(halves[half], row_thread, column_thread);
      if (next < range.last) own_tile.store(plan, halves[half ^ 1]);
      __syncthreads();
    }
    own_tile.write(plan, work, sides, c, partial, bf16, row_thread, column_thread);
  }
}

}  // namespace convcheck::gpu
