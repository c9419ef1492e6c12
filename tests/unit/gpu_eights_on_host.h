// gpu_direct's copies, and blocks of the kernel whose operands lie in eights, on the host: their
// own code, phase by phase and thread by thread, every place checked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "fast/cuda/eights_tile.h"
#include "fast/cuda/make_direct_call.h"
#include "tests/unit/gpu_tiles_on_host.h"

namespace convcheck::gpu {

// Short elements at a multiple of 16 bytes.
class Shorts {
 public:
  explicit Shorts(std::int64_t size)
      : size_(size), eights_(static_cast<std::size_t>(size / 8 + 1), Eight{}) {}
  ShortBits* data() { return eights_.front().of; }
  std::int64_t size() const { return size_; }

 private:
  std::int64_t size_;
  std::vector<Eight> eights_;
};

inline void copy_on_host(const LastCopy& copy, const ShortBits* from, ShortBits* to) {
  std::vector<Pair> memory(CopyTile::kSize / 2);
  for (std::int64_t block = copy.blocks(); block-- > 0;) {
    std::fill(memory.begin(), memory.end(), Pair{{0xffff, 0xffff}});
    const CopyTile tile = copy_tile(copy, block);
    for (int thread = 0; thread < LastCopy::kThreads; ++thread) {
      load_copy(copy, tile, thread, from, memory.front().of);
    }
    for (int thread = 0; thread < LastCopy::kThreads; ++thread) {
      store_copy(copy, tile, thread, memory.front().of, to);
    }
  }
}

// What copies an eight, of operands of so many elements.
struct CopyOnHost {
  std::int64_t size_a, size_b;
  const ShortBits* a;

  void operator()(ShortBits* to, const ShortBits* from, std::int64_t place, bool inside) const {
    const std::int64_t size = from == a ? size_a : size_b;
    if (inside && (place < 0 || place % 8 != 0 || place + 8 > size)) {
      throw std::out_of_range("an eight at " + std::to_string(place) + " of " +
                              std::to_string(size));
    }
    for (int i = 0; i < 8; ++i) to[i] = inside ? from[place + i] : ShortBits(0);
  }
};

template <Kernel kKernel>
void eights_block_on_host(const Plan& plan, std::int64_t block, const CopyOnHost& copy,
                          const ShortBits* b, ShortBits* c, float* partial) {
  using Own = EightsTile<kKernel>;
  struct Thread {
    int thread;
    explicit Thread(int number) : thread(number) {}
  };
  constexpr Tile tile = tile_of(kKernel);
  BlockOnHost<Thread> all(plan, tile, block);
  if (all.is_outside()) return;
  all.sides.step = 8;
  std::vector<Own> threads;
  for (const Thread& one : all.threads) threads.emplace_back(all.work, all.sides, one.thread);
  std::vector<ShortBits> in_a(Own::kSizeA), in_b(Own::kSizeB);
  SumsOnHost<ShortBits, kKernel> sums;
  for (std::int64_t k = all.range.first; k < all.range.last; k += tile.k) {
    std::fill(in_a.begin(), in_a.end(), ShortBits(0xffff));
    std::fill(in_b.begin(), in_b.end(), ShortBits(0xffff));
    for (int thread = 0; is_sides_turn(all.sides, all.range, k) && thread < tile.threads;
         ++thread) {
      set_summed(plan, tile, all.range, k, all.sides, thread);
    }
    for (const Own& own : threads) {
      own.load(all.range, k, all.sides, copy.a, b, in_a.data(), in_b.data(), copy);
    }
    for (int deep = 0; deep < tile.k; ++deep) {
      // What B's zeros meet is finite, too.
      if (k + deep >= all.range.last && in_a[static_cast<std::size_t>(deep)] != 0) {
        throw std::logic_error("A has numbers behind the last one");
      }
    }
    sums.add(true, in_a.data(), in_b.data());
  }
  sums.write(all, c, partial);
}

}  // namespace convcheck::gpu
