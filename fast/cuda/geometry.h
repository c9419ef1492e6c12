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

// a / b of a >= 0, b > 0: in 32 bits where that is enough, which is many times faster, and not at
// all by the extents of axes beyond the rank.
CONVCHECK_HOST_DEVICE inline std::int64_t quotient(std::int64_t a, std::int64_t b) {
  if (b == 1) return a;
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

}  // namespace convcheck::gpu
