// Positions of the images, in the order of memory, as runs along the last axis.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"
#include "fast/cpu/direct/slab.h"

namespace convcheck::cpu::direct {

// The positions (q0, q1, q2 .. q2 + length - 1) of an image; `at` counts positions from the first
// of all runs. Without initial values: a tile makes an array of them, most of which it never uses.
struct Run {
  std::int64_t image, q0, q1, q2, length, at;
};

// The taps of the first axis that read an input for some of `runs`.
inline Range taps_of(const Axis& axis, std::span<const Run> runs) {
  if (axis.taps <= 1) return {0, axis.taps};
  Range all{axis.taps, 0};
  std::int64_t before = -1;
  for (const Run& run : runs) {
    if (run.q0 == before) continue;
    before = run.q0;
    const Range taps = axis.taps_inside(run.q0);
    all.begin = std::min(all.begin, taps.begin);
    all.end = std::max(all.end, taps.end);
  }
  return all.size() > 0 ? all : Range{0, 0};
}

// At most kMost positions.
template <std::int64_t kMost>
class Runs {
 public:
  // Positions begin .. end - 1, numbered over all images.
  void assign(const std::array<Axis, 3>& axes, std::int64_t begin, std::int64_t end) {
    count_ = 0;
    std::int64_t rest = begin;
    Run run;
    const auto digit = [&rest](std::int64_t base) {
      const std::int64_t value = rest % base;
      rest /= base;
      return value;
    };
    run.q2 = digit(axes[2].count);
    run.q1 = digit(axes[1].count);
    run.q0 = digit(axes[0].count);
    run.image = rest;
    run.at = 0;
    while (run.at < end - begin) {
      run.length = std::min(axes[2].count - run.q2, end - begin - run.at);
      runs_[count_++] = run;
      run.at += run.length;
      run.q2 = 0;
      if (++run.q1 < axes[1].count) continue;
      run.q1 = 0;
      if (++run.q0 < axes[0].count) continue;
      run.q0 = 0;
      ++run.image;
    }
  }

  // Positions begin .. end - 1 in the pitch of a slab, of a block of `image`.
  void assign(const Slab& slab, std::int64_t image, const std::array<Range, 3>& block,
              std::int64_t begin, std::int64_t end) {
    count_ = 0;
    const std::int64_t pitch = slab.axes[2].length(), rows = slab.axes[1].length();
    for (std::int64_t row = begin / pitch; row * pitch < end; ++row) {
      const std::int64_t low = std::max(begin - row * pitch, std::int64_t{0});
      const std::int64_t high = std::min(block[2].size(), end - row * pitch);
      if (row % rows >= block[1].size() || low >= high) continue;
      runs_[count_++] = {image,
                         block[0].begin + row / rows,
                         block[1].begin + row % rows,
                         block[2].begin + low,
                         high - low,
                         row * pitch + low - begin};
    }
  }

  std::span<const Run> all() const { return {runs_.data(), count_}; }

 private:
  std::array<Run, kMost> runs_;
  std::size_t count_ = 0;
};

}  // namespace convcheck::cpu::direct
