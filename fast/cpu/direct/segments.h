// The order of the column matrix's rows: blocks of channels, in each of which taps are slowest.
#pragma once

#include <algorithm>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"

namespace convcheck::cpu::direct {

// One tap of some channels.
struct Segment {
  std::int64_t tap = 0;
  Range ins;
};

// Calls visit(segment) for rows begin .. end - 1 of `ins` channels, so many of which are a block.
template <class Visit>
void for_each_segment(std::int64_t ins, std::int64_t taps, std::int64_t ins_at_once, Range rows,
                      const Visit& visit) {
  while (rows.begin < rows.end) {
    const std::int64_t block = rows.begin / (ins_at_once * taps) * ins_at_once;
    const std::int64_t of_block = std::min(ins_at_once, ins - block);
    const std::int64_t row = rows.begin - block * taps, first = block + row % of_block;
    const std::int64_t count = std::min(block + of_block - first, rows.size());
    visit(Segment{row / of_block, {first, first + count}});
    rows.begin += count;
  }
}

// The same for a piece of a slab's rows, which are those of whole channels: taps of the first axis
// are slowest, then channels. Calls visit(channel, tap), tap of all axes.
template <class Visit>
void for_each_row_of_slab(const Correlation& sum, const Range& piece, const Visit& visit) {
  const std::int64_t taps = sum.taps(), inner = sum.axes[1].taps * sum.axes[2].taps;
  for (std::int64_t first = 0; first < taps; first += inner) {
    for (std::int64_t b = piece.begin / taps; b * taps < piece.end; ++b) {
      for (std::int64_t tap = first; tap < first + inner; ++tap) visit(b, tap);
    }
  }
}

}  // namespace convcheck::cpu::direct
