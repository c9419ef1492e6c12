// A thread's part of a tile for matrix units whose operands both lie in eights: of short types,
// eight summed numbers of one tap beside one another. They go from memory to memory, not through
// registers. For a device and the host.
#pragma once

#include "fast/cuda/staged_tile.h"

namespace convcheck::gpu {

template <Kernel kKernel>
struct EightsTile {
  using Layout = StagedTile<ShortBits, kKernel>;  // of a tile in shared memory
  static constexpr Tile tile = tile_of(kKernel);
  static constexpr int kOfLine = tile.k / 8;  // eights of a row or column
  static constexpr int kStep = tile.threads / kOfLine;
  static constexpr int kRows = tile.m / kStep, kColumns = tile.n / kStep;
  static_assert(tile.m % kStep == 0 && tile.n % kStep == 0);
  static constexpr int kSizeA = Layout::kSizeA, kSizeB = tile.n * Layout::kLineByColumn;

  int thread, line, first;
  std::int64_t rows[kRows], columns[kColumns];  // their places
  std::uint64_t bits[kColumns];                 // the taps that a column meets

  // The sides of the columns are set.
  CONVCHECK_HOST_DEVICE EightsTile(const Work& work, const TileSides& sides, int number)
      : thread(number), line(number / kOfLine), first(number % kOfLine * 8) {
    const Product& of = sides.of;
    CONVCHECK_UNROLL
    for (int i = 0; i < kRows; ++i) {
      // Of rows outside the last one, whose sums nobody writes.
      const std::int64_t m = work.m + line + i * kStep;
      rows[i] = of.a + (m < of.m ? m : of.m - 1) * of.row_a;
    }
    CONVCHECK_UNROLL
    for (int i = 0; i < kColumns; ++i) {
      const Side& column = sides.columns[line + i * kStep];
      columns[i] = wrapped_sum(of.b, column.place);
      bits[i] = column.bits;
    }
  }

  // Calls copy(to, from, place, inside) for the thread's eights of the summed numbers from k on;
  // where it is not inside, the eight is zeros.
  template <class Copy>
  CONVCHECK_HOST_DEVICE CONVCHECK_INLINE void load(const Range& range, std::int64_t k,
                                                   const TileSides& sides, const ShortBits* a,
                                                   const ShortBits* b, ShortBits* to_a,
                                                   ShortBits* to_b, const Copy& copy) const {
    const auto number = static_cast<unsigned>(k - range.first) + static_cast<unsigned>(first);
    const Side& side = sides.summed[number / 8 % kSides];
    const std::int64_t in_a = side.other, in_b = side.place;
    const std::uint64_t tap = side.bits;  // none behind the last number
    CONVCHECK_UNROLL
    for (int i = 0; i < kRows; ++i) {
      copy(to_a + (line + i * kStep) * Layout::kLineA + first, a, wrapped_sum(rows[i], in_a),
           tap != 0);
    }
    CONVCHECK_UNROLL
    for (int i = 0; i < kColumns; ++i) {
      copy(to_b + (line + i * kStep) * Layout::kLineByColumn + first, b,
           wrapped_sum(columns[i], in_b), (bits[i] & tap) != 0);
    }
  }
};

}  // namespace convcheck::gpu
