// A convolution as products of matrices that nobody stores: which elements of the operands meet.
//
// Every direction is C = A B with one operand of the two that are read in A, the other in B:
//
//   pass           rows m     columns n          summed k          A  B  C
//   Forward        filters    images, positions  channels, taps    w  x  y
//   GradInputs     channels   images, positions  filters, taps     w  y  x
//   GradWeights    filters    channels, taps     images, positions y  x  w
//
// One of n and k counts positions (a place of the window, or an element of x whose gradient is
// wanted), the other one taps. Along each axis a position and a tap meet at a coordinate of B that
// is linear in both numbers; where it is outside, the product is absent. A problem has one product
// for each group, and one for each position of unshared filters. The gradient of inputs with a
// stride has one for each remainder of the input coordinate: only every so many-th tap meets such
// an input, and no product by zero is computed for the others.
//
// All of this runs on a device and on the host: tests/unit/gpu_index_test.cpp does the latter. Sums
// are taken mod 2^64, so that a huge pad cannot overflow on the way to a place inside.
#pragma once

#include <cstdint>

#include "reference/host_device.h"

namespace convcheck::gpu {

enum class Pass { Forward, GradInputs, GradWeights };

// One spatial axis, with the strides of the operands in elements; axes beyond the rank are of ones.
struct AxisShape {
  std::int64_t input = 1, filter = 1, output = 1, stride = 1, dilation = 1, pad = 0;
  std::int64_t x = 0, y = 0, w = 0, region = 0;
};

// A call: what decides where its operands are read.
struct Convolution {
  Pass pass = Pass::Forward;
  bool flip = true, unshared = false;
  bool channels_last = false;  // taps are numbered with the channel fastest
  std::int64_t batch = 0, groups = 1, channels = 0, filters = 0;  // channels, filters: of a group
  AxisShape axes[3];
  std::int64_t x_batch = 0, x_channel = 0, y_batch = 0, y_channel = 0, w_filter = 0, w_channel = 0;

  CONVCHECK_HOST_DEVICE bool taps_are_summed() const { return pass != Pass::GradWeights; }
  // Some elements of A are absent, too.
  CONVCHECK_HOST_DEVICE bool filters_may_be_absent() const {
    return unshared && pass == Pass::GradInputs;
  }
};

CONVCHECK_HOST_DEVICE inline std::int64_t wrapped_product(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
CONVCHECK_HOST_DEVICE inline std::int64_t wrapped_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

// a / b of a >= 0, b > 0: in 32 bits where that is enough, which is many times faster.
CONVCHECK_HOST_DEVICE inline std::int64_t quotient(std::int64_t a, std::int64_t b) {
  if (((a | b) >> 32) == 0) return static_cast<std::uint32_t>(a) / static_cast<std::uint32_t>(b);
  return a / b;
}
CONVCHECK_HOST_DEVICE inline std::int64_t remainder_of(std::int64_t a, std::int64_t b) {
  return a - quotient(a, b) * b;
}
CONVCHECK_HOST_DEVICE inline std::int64_t floor_quotient(std::int64_t a, std::int64_t b) {
  return a >= 0 ? quotient(a, b) : -quotient(-a + b - 1, b);
}
CONVCHECK_HOST_DEVICE inline std::int64_t ceil_quotient(std::int64_t a, std::int64_t b) {
  return -floor_quotient(-a, b);
}

CONVCHECK_HOST_DEVICE inline std::int64_t common_divisor(std::int64_t a, std::int64_t b) {
  while (b != 0) {
    const std::int64_t rest = remainder_of(a, b);
    a = b;
    b = rest;
  }
  return a;
}

// One axis of one product. Position j and tap t meet at the coordinate
// base + j * per_position + t * per_tap of B, if that is one of [0, limit).
struct Line {
  std::int64_t positions = 1, taps = 1;
  std::int64_t base = 0, per_position = 1, per_tap = 1, limit = 1;
  std::int64_t b = 0, region = 0;        // elements of B and of unshared filters a coordinate
  std::int64_t w_first = 0, w_step = 0;  // elements of w: of tap 0, and from tap to tap
  std::int64_t own_first = 0,
               own_step = 0;  // of the operand that has positions: y, or x's gradient
};

// How many products an axis makes.
CONVCHECK_HOST_DEVICE inline std::int64_t pieces_of(const Convolution& conv, int axis) {
  const AxisShape& one = conv.axes[axis];
  if (conv.pass != Pass::GradInputs) return conv.unshared ? one.output : 1;
  return conv.unshared || one.input < one.stride ? one.input : one.stride;
}

// Inputs piece, piece + stride ...: taps f with f * dilation = input + pad modulo the stride.
CONVCHECK_HOST_DEVICE inline Line input_line(const Convolution& conv, int axis,
                                             std::int64_t piece) {
  const AxisShape& one = conv.axes[axis];
  Line line;
  line.positions = conv.unshared ? 1 : ceil_quotient(one.input - piece, one.stride);
  const std::int64_t first = quotient(piece + one.pad, one.stride);
  const std::int64_t rest = piece + one.pad - first * one.stride;
  const std::int64_t divisor = common_divisor(one.stride, one.dilation);
  const std::int64_t step = quotient(one.stride, divisor);
  std::int64_t tap = 0;
  while (tap < step && tap < one.filter && remainder_of(tap * one.dilation, one.stride) != rest) {
    ++tap;
  }
  if (tap == step || tap >= one.filter) {
    line.taps = 0;
  } else {
    line.taps = ceil_quotient(one.filter - tap, step);
    line.base = first - quotient(tap * one.dilation - rest, one.stride);
    line.per_tap = -quotient(one.dilation, divisor);
    line.w_first = (conv.flip ? one.filter - 1 - tap : tap) * one.w;
    line.w_step = line.taps > 1 ? (conv.flip ? -step : step) * one.w : 0;
  }
  line.limit = one.output;
  line.b = one.y;
  line.region = conv.unshared ? one.region : 0;
  line.own_first = piece * one.x;
  line.own_step = line.positions > 1 ? one.stride * one.x : 0;
  return line;
}

CONVCHECK_HOST_DEVICE inline Line output_line(const Convolution& conv, int axis,
                                              std::int64_t piece) {
  const AxisShape& one = conv.axes[axis];
  Line line;
  line.positions = conv.unshared ? 1 : one.output;
  line.taps = one.filter;
  line.base = piece * one.stride - one.pad;
  line.per_position = one.stride;
  line.per_tap = one.dilation;
  line.limit = one.input;
  line.b = one.x;
  line.w_first =
      (conv.flip ? one.filter - 1 : 0) * one.w + (conv.unshared ? piece * one.region : 0);
  line.w_step = conv.flip ? -one.w : one.w;
  line.own_first = piece * one.y;
  line.own_step = one.y;
  return line;
}

// What a column of B, or a summed number, adds to the places of elements.
struct alignas(16) Side {
  std::int64_t place = 0;  // in B
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
  return side;
}

CONVCHECK_HOST_DEVICE inline Side tap_side(const Convolution& conv, const Product& of,
                                           std::int64_t number) {
  const bool inputs = conv.pass == Pass::GradInputs;
  Side side;
  std::int64_t lead = 0;
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
  }
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
