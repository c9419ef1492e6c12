// A convolution, or a part of one, as the one sum that the kernels compute.
//
//   out[n, a, q] = sum over b and taps t of w[a, b, t] * in[n, b, q * step + first + t * tap_step]
//
// for every group, where inputs outside 0 .. extent - 1 are zeros. All three directions are it:
//
//   forward       out is y, in is x, a filters, b channels
//   grad_weights  the same, but w is computed from in and out
//   grad_inputs   out is x, in is y, a channels, b filters; with a stride, one part for every
//                 remainder of the input coordinates, which has its own taps and needs no step
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "reference/backend.h"

namespace convcheck::cpu::direct {

struct Axis {
  std::int64_t count = 1;                                    // of out
  std::int64_t extent = 1;                                   // of in
  std::int64_t step = 1, taps = 1, first = 0, tap_step = 1;  // tap_step may be negative
  std::int64_t in = 0, out = 0, w = 0;                       // elements from neighbour to neighbour

  // Of output q: the taps that read an input.
  Range taps_inside(std::int64_t q) const {
    const auto is_inside = [&](std::int64_t tap) {
      const std::int64_t i = q * step + first + tap * tap_step;
      return i >= 0 && i < extent;
    };
    Range inside{0, taps};
    while (inside.begin < inside.end && !is_inside(inside.begin)) ++inside.begin;
    while (inside.begin < inside.end && !is_inside(inside.end - 1)) --inside.end;
    return inside;
  }
  // What outputs `q` read, from the first to the last input.
  Range inputs_of(const Range& q) const {
    const std::int64_t reach = (taps - 1) * tap_step;
    const std::int64_t lowest = q.begin * step + first + std::min(reach, std::int64_t{0});
    const std::int64_t highest = (q.end - 1) * step + first + std::max(reach, std::int64_t{0});
    return {std::max(lowest, std::int64_t{0}), std::min(highest + 1, extent)};
  }
  // Reads the one element of `in` that is where it writes.
  bool plain() const { return taps == 1 && step == 1 && first == 0 && count == extent; }
};

// Where an operand is, in elements; `at` is that of its first element within its memory.
struct Strides3 {
  std::int64_t at = 0, major = 0, minor = 0, group = 0;  // image or a; a or b; group
};

// No extent is zero but taps of an axis, for a part that is a sum of nothing.
struct Correlation {
  std::int64_t images = 1, groups = 1, outs = 1, ins = 1;  // outs and ins of one group: a and b
  std::array<Axis, 3> axes{};
  Strides3 in{}, out{}, w{};

  std::int64_t taps() const { return axes[0].taps * axes[1].taps * axes[2].taps; }
  std::int64_t rows() const { return ins * taps(); }  // terms of one sum
  std::int64_t positions() const { return axes[0].count * axes[1].count * axes[2].count; }
  double products() const;
  // From a filter's first tap to tap `tap` of all axes.
  std::int64_t filter_offset(std::int64_t tap) const {
    const std::int64_t inner = axes[2].taps, middle = axes[1].taps;
    return tap % inner * axes[2].w + tap / inner % middle * axes[1].w +
           tap / inner / middle * axes[0].w;
  }

  // Counts taps upwards in memory.
  void count_as_in_memory();
  // Whether the taps of a filter and channel are one run of memory, in their order.
  bool has_dense_taps() const;
  bool has_dense_filters() const {  // and those of all channels
    return has_dense_taps() && (ins == 1 || w.minor == taps());
  }
};

// Forward, whatever the direction of the problem. No operand is empty. Filters of their own for
// every output position: those of the first one.
Correlation forward_correlation(const ConvProblem& problem, const Operands& operands);

// The gradient of the inputs in parts: together they write every element of x once.
class InputParts {
 public:
  InputParts(const ConvProblem& problem, const Operands& operands);
  std::int64_t count() const;
  Correlation part(std::int64_t index) const;

 private:
  ConvProblem problem_;
  Correlation whole_;
};

}  // namespace convcheck::cpu::direct
