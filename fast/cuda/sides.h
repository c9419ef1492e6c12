// Which elements of A and B meet in a product of geometry.h, and where they lie.
#pragma once

#include <cstdint>

#include "fast/cuda/geometry.h"

namespace convcheck::gpu {

// What a column of B, or a summed number, adds to the places of elements.
struct alignas(16) Side {
  std::int64_t place = 0;  // in B
  // Where a product has at most 64 taps: those that a position meets, or the tap itself.
  std::uint64_t bits = 0;
  // Of a position: the first and the last tap that it meets. Of a tap: its number, twice.
  std::int32_t low[3] = {0, 0, 0}, high[3] = {0, 0, 0};
  std::int64_t other = 0;  // of a column n in C, of a summed k in A
};

// Whether a position and a tap, in any order, have a product.
CONVCHECK_HOST_DEVICE inline bool meet(const Side& one, const Side& other) {
  return (one.low[0] <= other.high[0]) & (other.low[0] <= one.high[0]) &
         (one.low[1] <= other.high[1]) & (other.low[1] <= one.high[1]) &
         (one.low[2] <= other.high[2]) & (other.low[2] <= one.high[2]);
}
// The same of at most 64 taps, with less to read and to compare.
CONVCHECK_HOST_DEVICE inline bool meet_by_bits(const Side& one, const Side& other) {
  return (one.bits & other.bits) != 0;
}

// What meets nothing.
CONVCHECK_HOST_DEVICE inline Side no_side() {
  Side none;
  none.low[0] = INT32_MAX;
  none.high[0] = -1;
  return none;
}

// The taps that position j meets.
CONVCHECK_HOST_DEVICE inline void set_taps(const Line& line, std::int64_t j, std::int32_t& first,
                                           std::int32_t& last) {
  const std::int64_t at = line.base + j * line.per_position;
  std::int64_t low = 0, high = line.taps;  // [low, high)
  if (line.per_tap > 0) {
    low = ceil_quotient(-at, line.per_tap);
    high = ceil_quotient(line.limit - at, line.per_tap);
  } else {
    low = floor_quotient(at - line.limit, -line.per_tap) + 1;
    high = floor_quotient(at, -line.per_tap) + 1;
  }
  if (low < 0) low = 0;
  if (high > line.taps) high = line.taps;
  const bool none = low >= high;
  first = none ? 1 : static_cast<std::int32_t>(low);
  last = none ? 0 : static_cast<std::int32_t>(high - 1);
}

// One product of a call.
struct Product {
  Line lines[3];
  std::int64_t a = 0, b = 0, c = 0;   // where its operands begin, in elements
  std::int64_t m = 0, n = 0, k = 0;   // its size
  std::int64_t row_a = 0, row_c = 0;  // from row to row
  std::int64_t leads = 0;             // of taps: channels or filters
  Side whole;                         // the taps of its only position, of unshared filters
};

// Taps are numbered over all axes, last axis fastest.
inline constexpr std::int64_t kMostBits = 64;

CONVCHECK_HOST_DEVICE inline std::int64_t taps_of(const Product& of) {
  return of.lines[0].taps * of.lines[1].taps * of.lines[2].taps;
}

CONVCHECK_HOST_DEVICE inline std::uint64_t bits_of(const Product& of, const Side& position) {
  std::uint64_t bits = 0;
  if (position.low[2] > position.high[2]) return bits;
  // So many ones as taps of the last axis, all 64 of them too.
  const std::uint64_t row = (std::uint64_t{2} << (position.high[2] - position.low[2])) - 1;
  for (std::int64_t t0 = position.low[0]; t0 <= position.high[0]; ++t0) {
    for (std::int64_t t1 = position.low[1]; t1 <= position.high[1]; ++t1) {
      bits |= row << ((t0 * of.lines[1].taps + t1) * of.lines[2].taps + position.low[2]);
    }
  }
  return bits;
}

CONVCHECK_HOST_DEVICE inline Side position_side(const Convolution& conv, const Product& of,
                                                std::int64_t number) {
  const bool inputs = conv.pass == Pass::GradInputs;
  Side side;
  for (int axis = 3; axis-- > 0;) {
    const Line& line = of.lines[axis];
    const std::int64_t rest = quotient(number, line.positions);
    const std::int64_t j = number - rest * line.positions;
    number = rest;
    side.place =
        wrapped_sum(side.place, wrapped_product(line.base + j * line.per_position, line.b));
    side.other += line.own_first + j * line.own_step;
    set_taps(line, j, side.low[axis], side.high[axis]);
  }
  side.place = wrapped_sum(side.place, number * (inputs ? conv.y_batch : conv.x_batch));
  side.other += number * (inputs ? conv.x_batch : conv.y_batch);
  if (taps_of(of) <= kMostBits) side.bits = bits_of(of, side);
  return side;
}

CONVCHECK_HOST_DEVICE inline Side tap_side(const Convolution& conv, const Product& of,
                                           std::int64_t number) {
  const bool inputs = conv.pass == Pass::GradInputs;
  Side side;
  std::int64_t lead = 0, tap = 0, taps = 1;
  if (conv.channels_last) {
    const std::int64_t rest = quotient(number, of.leads);
    lead = number - rest * of.leads;
    number = rest;
  }
  for (int axis = 3; axis-- > 0;) {
    const Line& line = of.lines[axis];
    const std::int64_t rest = quotient(number, line.taps);
    const std::int64_t t = number - rest * line.taps;
    number = rest;
    const std::int64_t reach = t * line.per_tap;
    side.place = wrapped_sum(side.place, wrapped_product(reach, line.b));
    side.other = wrapped_sum(side.other, wrapped_sum(line.w_first + t * line.w_step,
                                                     wrapped_product(reach, line.region)));
    side.low[axis] = side.high[axis] = static_cast<std::int32_t>(t);
    tap += t * taps;
    taps *= line.taps;
  }
  if (taps <= kMostBits) side.bits = std::uint64_t{1} << tap;
  if (!conv.channels_last) lead = number;
  side.place = wrapped_sum(side.place, lead * (inputs ? conv.y_channel : conv.x_channel));
  side.other = wrapped_sum(side.other, lead * (inputs ? conv.w_filter : conv.w_channel));
  return side;
}

CONVCHECK_HOST_DEVICE inline Side column_side(const Convolution& conv, const Product& of,
                                              std::int64_t n) {
  return conv.taps_are_summed() ? position_side(conv, of, n) : tap_side(conv, of, n);
}
CONVCHECK_HOST_DEVICE inline Side summed_side(const Convolution& conv, const Product& of,
                                              std::int64_t k) {
  return conv.taps_are_summed() ? tap_side(conv, of, k) : position_side(conv, of, k);
}

// Products are numbered by group, then by the pieces of the axes.
CONVCHECK_HOST_DEVICE inline std::int64_t product_count(const Convolution& conv) {
  std::int64_t count = conv.groups;
  for (int axis = 0; axis < 3; ++axis) count *= pieces_of(conv, axis);
  return count;
}

CONVCHECK_HOST_DEVICE inline Product product_of(const Convolution& conv, std::int64_t number) {
  Product of;
  const bool inputs = conv.pass == Pass::GradInputs, weights = conv.pass == Pass::GradWeights;
  std::int64_t positions = conv.batch, taps = inputs ? conv.filters : conv.channels;
  of.leads = taps;
  for (int axis = 3; axis-- > 0;) {
    const std::int64_t pieces = pieces_of(conv, axis), rest = quotient(number, pieces);
    const std::int64_t piece = number - rest * pieces;
    number = rest;
    of.lines[axis] = inputs ? input_line(conv, axis, piece) : output_line(conv, axis, piece);
    positions *= of.lines[axis].positions;
    taps *= of.lines[axis].taps;
  }
  const std::int64_t x = number * conv.channels * conv.x_channel;
  const std::int64_t y = number * conv.filters * conv.y_channel;
  const std::int64_t w = number * conv.filters * conv.w_filter;
  of.a = weights ? y : w;
  of.b = inputs ? y : x;
  of.c = weights ? w : inputs ? x : y;
  of.m = inputs ? conv.channels : conv.filters;
  of.row_a = weights ? conv.y_channel : inputs ? conv.w_channel : conv.w_filter;
  of.row_c = weights ? conv.w_filter : inputs ? conv.x_channel : conv.y_channel;
  of.n = weights ? taps : positions;
  of.k = weights ? positions : taps;
  if (conv.filters_may_be_absent() && taps > 0) {
    for (int axis = 0; axis < 3; ++axis) {
      const Line& line = of.lines[axis];
      of.a = wrapped_sum(of.a, wrapped_product(line.base, line.region));
      set_taps(line, 0, of.whole.low[axis], of.whole.high[axis]);
    }
  }
  return of;
}

}  // namespace convcheck::gpu
