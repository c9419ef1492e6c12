// Copies of operands of short elements with one dimension made the last one: what they are, and
// what the threads of a block do, for a device and the host.
#pragma once

#include <cstdint>

#include "fast/cuda/geometry.h"
#include "fast/cuda/short_bits.h"

namespace convcheck::gpu {

// An operand as outer x last x positions, the positions over three axes, becomes
// outer x positions x last, row-major. The last extent is a multiple of 8, and the copy lies at a
// multiple of 16 bytes. Steps are of the source, in elements.
struct LastCopy {
  std::int64_t outer = 0, last = 0, extents[3] = {1, 1, 1};
  std::int64_t outer_step = 0, last_step = 0, steps[3] = {0, 0, 0};

  CONVCHECK_HOST_DEVICE std::int64_t positions() const {
    return extents[0] * extents[1] * extents[2];
  }
  CONVCHECK_HOST_DEVICE std::int64_t items() const { return outer * last * positions(); }

  // A block's tile: as many positions as there are, up to 64 and in powers of two, for threads
  // beside one another read those; the rest of it are elements of the last dimension.
  static constexpr int kThreads = 256, kTile = 4096, kMostPositions = 64;
  CONVCHECK_HOST_DEVICE int tile_positions() const {
    const std::int64_t all = positions();
    return all <= 4 ? 4 : all <= 16 ? 16 : kMostPositions;
  }
  CONVCHECK_HOST_DEVICE int tile_last() const { return kTile / tile_positions(); }
  CONVCHECK_HOST_DEVICE std::int64_t position_tiles() const {
    return ceil_quotient(positions(), tile_positions());
  }
  CONVCHECK_HOST_DEVICE std::int64_t last_tiles() const { return ceil_quotient(last, tile_last()); }
  CONVCHECK_HOST_DEVICE std::int64_t blocks() const {
    return outer * position_tiles() * last_tiles();
  }

  CONVCHECK_HOST_DEVICE std::int64_t place_in_source(std::int64_t number,
                                                     std::int64_t position) const {
    std::int64_t place = number * outer_step;
    for (int axis = 3; axis-- > 0;) {
      const std::int64_t rest = quotient(position, extents[axis]);
      place += (position - rest * extents[axis]) * steps[axis];
      position = rest;
    }
    return place;
  }
};

// Those of a call, which are made at once.
struct LastCopies {
  static constexpr int kMost = 2;

  LastCopy of[kMost];
  const void* from[kMost] = {};
  void* to[kMost] = {};

  CONVCHECK_HOST_DEVICE std::int64_t blocks() const { return of[0].blocks() + of[1].blocks(); }
};

// A block's tile of a copy. In memory that its threads share it lies position by position, with a
// gap of a word behind each, against bank conflicts.
struct CopyTile {
  static constexpr int kGap = 2;
  static constexpr int kSize = LastCopy::kTile + LastCopy::kMostPositions * kGap;

  std::int64_t number = 0, position = 0, last = 0;  // its first element
  int positions = 0, lasts = 0;

  CONVCHECK_HOST_DEVICE int line() const { return lasts + kGap; }
};

CONVCHECK_HOST_DEVICE inline CopyTile copy_tile(const LastCopy& copy, std::int64_t block) {
  const std::int64_t rest = quotient(block, copy.last_tiles());
  CopyTile tile;
  tile.positions = copy.tile_positions();
  tile.lasts = copy.tile_last();
  tile.last = (block - rest * copy.last_tiles()) * tile.lasts;
  tile.number = quotient(rest, copy.position_tiles());
  tile.position = (rest - tile.number * copy.position_tiles()) * tile.positions;
  return tile;
}

// Some of the tile's elements from the source: all of one position.
CONVCHECK_HOST_DEVICE inline void load_copy(const LastCopy& copy, const CopyTile& tile, int thread,
                                            const ShortBits* from, ShortBits* shared) {
  constexpr int kEach = LastCopy::kTile / LastCopy::kThreads;
  const int position = thread & (tile.positions - 1), first = thread / tile.positions;
  if (tile.position + position >= copy.positions()) return;
  const int step = LastCopy::kThreads / tile.positions;
  const ShortBits* const source =
      from + copy.place_in_source(tile.number, tile.position + position);
  ShortBits loaded[kEach];
  CONVCHECK_UNROLL
  for (int i = 0; i < kEach; ++i) {
    const std::int64_t last = tile.last + first + i * step;
    loaded[i] = last < copy.last ? source[last * copy.last_step] : ShortBits(0);
  }
  CONVCHECK_UNROLL
  for (int i = 0; i < kEach; ++i) {
    shared[position * tile.line() + first + i * step] = loaded[i];
  }
}

// Some of the tile's elements to the copy, by eights.
CONVCHECK_HOST_DEVICE inline void store_copy(const LastCopy& copy, const CopyTile& tile, int thread,
                                             const ShortBits* shared, ShortBits* to) {
  const int of_position = tile.lasts / 8;
  for (int number = thread; number < LastCopy::kTile / 8; number += LastCopy::kThreads) {
    const int position = number / of_position, first = number % of_position * 8;
    if (tile.position + position >= copy.positions() || tile.last + first >= copy.last) continue;
    const auto* const pairs =
        reinterpret_cast<const Pair*>(shared + position * tile.line() + first);
    Eight eight;
    CONVCHECK_UNROLL
    for (int i = 0; i < 8; ++i) eight.of[i] = pairs[i / 2].of[i % 2];
    const std::int64_t line = tile.number * copy.positions() + tile.position + position;
    *reinterpret_cast<Eight*>(to + line * copy.last + tile.last + first) = eight;
  }
}

}  // namespace convcheck::gpu
