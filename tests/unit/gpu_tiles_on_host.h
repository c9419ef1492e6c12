// Blocks of gpu_direct's grid on the host: the kernels' own code, phase by phase and thread by
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fast/cuda/make_plan.h"
#include "fast/cuda/plain_tile.h"
#include "fast/cuda/staged_tile.h"

namespace convcheck::gpu {

// A block of the grid, with what its threads share and what each of them has.
template <class Own>
struct BlockOnHost {
  const Plan& plan;
  Tile tile;
  Work work;
  Product of;
  std::vector<Side> columns, summed_sides;
  TileSides sides;
  Range range;
  std::vector<Own> threads{};

  BlockOnHost(const Plan& all, const Tile& shape, std::int64_t block)
      : plan(all),
        tile(shape),
        work(work_of(all, shape, block)),
        of(product_of(all.conv, work.number)),
        columns(static_cast<std::size_t>(shape.n)),
        summed_sides(kSides),
        sides{of, columns.data(), summed_sides.data()},
        range(summed(all, of, work.split)) {
    for (int thread = 0; !is_outside() && thread < tile.threads; ++thread) {
      threads.emplace_back(thread);
      set_columns(plan, tile, work, sides, thread);
    }
  }
  BlockOnHost(const BlockOnHost&) = delete;
  BlockOnHost& operator=(const BlockOnHost&) = delete;

  bool is_outside() const { return work.n >= of.n; }

  template <class Stored>
  void load(std::int64_t k, const Stored* a, const Stored* b) {
    if (is_sides_turn(sides, range, k)) {
      for (Own& own : threads) set_summed(plan, tile, range, k, sides, own.thread);
    }
    for (Own& own : threads) own.load(plan, work, range, k, sides, a, b);
  }
};

// One block of the grid as the threads of a plain kernel run it, each phase thread by thread.
template <class Number, Kernel kKernel>
void plain_block_on_host(const Plan& plan, std::int64_t block, const Number* a, const Number* b,
                         Number* c, Number* partial) {
  using Own = PlainTile<Number, kKernel>;
  constexpr Tile tile = tile_of(kKernel);
  BlockOnHost<Own> all(plan, tile, block);
  if (all.is_outside()) return;
  const auto half = std::make_unique<typename Own::Half>();
  for (std::int64_t k = all.range.first; k < all.range.last; k += tile.k) {
    all.load(k, a, b);
    for (Own& own : all.threads) own.store(plan, *half);
    for (Own& own : all.threads) own.multiply(*half);
  }
  for (Own& own : all.threads) own.write(plan, all.work, all.sides, c, partial);
}

// The sums of a tile on matrix units, which multiply plainly here.
template <class Stored, Kernel kKernel>
struct SumsOnHost {
  using Layout = StagedTile<Stored, kKernel>;
  static constexpr Tile tile = tile_of(kKernel);

  std::vector<float> sums = std::vector<float>(static_cast<std::size_t>(tile.m * tile.n));

  void add(bool by_column, const Stored* a, const Stored* b) {
    for (int row = 0; row < tile.m; ++row) {
      for (int column = 0; column < tile.n; ++column) {
        for (int deep = 0; deep < tile.k; ++deep) {
          const int at =
              by_column ? column * Layout::kLineByColumn + deep : deep * Layout::kLineByK + column;
          sums[static_cast<std::size_t>(row * tile.n + column)] +=
              static_cast<float>(a[row * Layout::kLineA + deep]) * static_cast<float>(b[at]);
        }
      }
    }
  }

  template <class Own>
  void write(const BlockOnHost<Own>& all, Stored* c, float* partial) const {
    const Work& work = all.work;
    for (int row = 0; row < tile.m && work.m + row < all.of.m; ++row) {
      for (int column = 0; column < tile.n && work.n + column < all.of.n; ++column) {
        const float sum = sums[static_cast<std::size_t>(row * tile.n + column)];
        if (all.plan.splits > 1) {
          partial[all.plan.partial_sum(work.split, work.number, work.m + row, work.n + column)] =
              sum;
        } else {
          c[place_in_c(all.of, work.m + row, all.columns[static_cast<std::size_t>(column)])] =
              static_cast<Stored>(sum);
        }
      }
    }
  }
};

// One block as the threads of a kernel for matrix units load it. Numbers instead of the bits of
// short formats.
template <class Stored, Kernel kKernel>
void staged_block_on_host(const Plan& plan, std::int64_t block, const Stored* a, const Stored* b,
                          Stored* c, float* partial) {
  using Own = StagedTile<Stored, kKernel>;
  constexpr Tile tile = tile_of(kKernel);
  BlockOnHost<Own> all(plan, tile, block);
  if (all.is_outside()) return;
  std::vector<Stored> in_a(Own::kSizeA), in_b(Own::kSizeB);
  SumsOnHost<Stored, kKernel> sums;
  for (std::int64_t k = all.range.first; k < all.range.last; k += tile.k) {
    all.load(k, a, b);
    for (Own& own : all.threads) {
      own.store(plan, in_a.data(), in_b.data(), [](Stored value) { return value; });
    }
    sums.add(plan.b_along_k, in_a.data(), in_b.data());
  }
  sums.write(all, c, partial);
}

}  // namespace convcheck::gpu
