// Index arithmetic of gpu_corrmm: the matrices of a convolution, as im2col makes them, and where
// their elements lie in the operands.
//
// For every group, and for unshared filters every position, with taps of all the group's channels:
//
//   X  depth x columns    taps x (images, positions); unshared: x images
//   W  rows x depth       filters x taps
//   Y  rows x columns     filters x (images, positions)
//
// Forward is Y = W X, the gradient of weights W = Y X^T, that of inputs X = W^T Y, whose columns
// are then added up into the input, one element of it at a time. Some images are lowered at a time.
// All matrices are row-major, one behind the other. Runs on a device and on the host.
#pragma once

#include "fast/cuda/geometry.h"

namespace convcheck::gpu {

enum class Matrix { X, W, Y };

struct Lowered {
  Convolution conv;
  std::int64_t first_image = 0, images = 0;  // those that are lowered now
  std::int64_t positions = 1, taps = 1;      // of all axes
  std::int64_t matrices = 0, rows = 0, depth = 0, columns = 0;

  CONVCHECK_HOST_DEVICE std::int64_t size(Matrix which) const {
    return matrices * (which == Matrix::X   ? depth * columns
                       : which == Matrix::W ? rows * depth
                                            : rows * columns);
  }
};

// Coordinates of a position or a tap of all axes, last axis fastest.
struct Coordinates {
  std::int64_t at[3];
};

// Of a row-major number over the axes, whose extent is that member.
template <std::int64_t AxisShape::*kExtent>
CONVCHECK_HOST_DEVICE inline Coordinates coordinates(const Convolution& conv, std::int64_t number) {
  Coordinates to{};
  for (int axis = 3; axis-- > 0;) {
    const std::int64_t rest = quotient(number, conv.axes[axis].*kExtent);
    to.at[axis] = number - rest * conv.axes[axis].*kExtent;
    number = rest;
  }
  return to;
}
CONVCHECK_HOST_DEVICE inline Coordinates position_at(const Convolution& conv, std::int64_t number) {
  return coordinates<&AxisShape::output>(conv, number);
}
CONVCHECK_HOST_DEVICE inline Coordinates tap_at(const Convolution& conv, std::int64_t number) {
  return coordinates<&AxisShape::filter>(conv, number);
}

// An element of a matrix: of which matrix, row and column.
struct Element {
  std::int64_t group = 0, region = 0, row = 0, column = 0;
};

CONVCHECK_HOST_DEVICE inline Element element_of(const Lowered& of, Matrix which,
                                                std::int64_t number) {
  const std::int64_t width = which == Matrix::W ? of.depth : of.columns;
  const std::int64_t height = which == Matrix::X ? of.depth : of.rows;
  Element element;
  std::int64_t rest = quotient(number, width);
  element.column = number - rest * width;
  number = rest;
  rest = quotient(number, height);
  element.row = number - rest * height;
  const std::int64_t regions = of.conv.unshared ? of.positions : 1;
  element.group = quotient(rest, regions);
  element.region = rest - element.group * regions;
  return element;
}

// The image and the position of a column.
struct Column {
  std::int64_t image = 0;
  Coordinates position{};
};

CONVCHECK_HOST_DEVICE inline Column column_of(const Lowered& of, const Element& element) {
  if (of.conv.unshared) {
    return {of.first_image + element.column, position_at(of.conv, element.region)};
  }
  const std::int64_t image = quotient(element.column, of.positions);
  return {of.first_image + image, position_at(of.conv, element.column - image * of.positions)};
}

// Where an element lies in its operand; nowhere on padding.
struct Source {
  bool inside = true;
  std::int64_t place = 0;
};

CONVCHECK_HOST_DEVICE inline Source source_in_x(const Lowered& of, const Element& element) {
  const Convolution& conv = of.conv;
  const Column column = column_of(of, element);
  const std::int64_t channel = quotient(element.row, of.taps);
  const Coordinates tap = tap_at(conv, element.row - channel * of.taps);
  Source source;
  source.place =
      column.image * conv.x_batch + (element.group * conv.channels + channel) * conv.x_channel;
  for (int axis = 0; axis < 3; ++axis) {
    const AxisShape& one = conv.axes[axis];
    const std::int64_t f = conv.flip ? one.filter - 1 - tap.at[axis] : tap.at[axis];
    const std::int64_t i = column.position.at[axis] * one.stride + f * one.dilation - one.pad;
    if (i < 0 || i >= one.input) return {false, 0};
    source.place += i * one.x;
  }
  return source;
}

CONVCHECK_HOST_DEVICE inline Source source_in_w(const Lowered& of, const Element& element) {
  const Convolution& conv = of.conv;
  const std::int64_t channel = quotient(element.column, of.taps);
  const Coordinates tap = tap_at(conv, element.column - channel * of.taps);
  const Coordinates region = conv.unshared ? position_at(conv, element.region) : Coordinates{};
  Source source;
  source.place =
      (element.group * conv.filters + element.row) * conv.w_filter + channel * conv.w_channel;
  for (int axis = 0; axis < 3; ++axis) {
    source.place += tap.at[axis] * conv.axes[axis].w + region.at[axis] * conv.axes[axis].region;
  }
  return source;
}

CONVCHECK_HOST_DEVICE inline Source source_in_y(const Lowered& of, const Element& element) {
  const Convolution& conv = of.conv;
  const Column column = column_of(of, element);
  Source source;
  source.place =
      column.image * conv.y_batch + (element.group * conv.filters + element.row) * conv.y_channel;
  for (int axis = 0; axis < 3; ++axis) {
    source.place += column.position.at[axis] * conv.axes[axis].y;
  }
  return source;
}

CONVCHECK_HOST_DEVICE inline Source source_of(const Lowered& of, Matrix which,
                                              std::int64_t number) {
  const Element element = element_of(of, which, number);
  return which == Matrix::X   ? source_in_x(of, element)
         : which == Matrix::W ? source_in_w(of, element)
                              : source_in_y(of, element);
}

// The elements of the input: of an image that is lowered now, a channel and coordinates, row-major.
CONVCHECK_HOST_DEVICE inline std::int64_t input_elements(const Lowered& of) {
  const Convolution& conv = of.conv;
  return of.images * conv.groups * conv.channels * conv.axes[0].input * conv.axes[1].input *
         conv.axes[2].input;
}

// Adds up what X's matrices hold of an element of the input: calls take(number) for each. Returns
// where the element lies in the input.
template <class Take>
CONVCHECK_HOST_DEVICE inline std::int64_t add_columns(const Lowered& of, std::int64_t number,
                                                      const Take& take) {
  const Convolution& conv = of.conv;
  std::int64_t i[3] = {}, place = 0;
  for (int axis = 3; axis-- > 0;) {
    const AxisShape& one = conv.axes[axis];
    const std::int64_t rest = quotient(number, one.input);
    i[axis] = number - rest * one.input;
    number = rest;
    place += i[axis] * one.x;
  }
  const std::int64_t channels = conv.groups * conv.channels;
  const std::int64_t image = quotient(number, channels), channel = number - image * channels;
  const std::int64_t group = quotient(channel, conv.channels);
  place += (of.first_image + image) * conv.x_batch + channel * conv.x_channel;
  for (std::int64_t tap = 0; tap < of.taps; ++tap) {
    const Coordinates f = tap_at(conv, tap);
    std::int64_t position = 0;
    bool met = true;
    for (int axis = 0; axis < 3; ++axis) {
      const AxisShape& one = conv.axes[axis];
      const std::int64_t reach = conv.flip ? one.filter - 1 - f.at[axis] : f.at[axis];
      const std::int64_t from = i[axis] + one.pad - reach * one.dilation;
      const std::int64_t o = from < 0 ? 0 : quotient(from, one.stride);
      met = met && from >= 0 && o * one.stride == from && o < one.output;
      position = position * one.output + o;
    }
    if (!met) continue;
    const std::int64_t row = (channel - group * conv.channels) * of.taps + tap;
    const std::int64_t matrix = conv.unshared ? group * of.positions + position : group;
    const std::int64_t column = conv.unshared ? image : image * of.positions + position;
    take((matrix * of.depth + row) * of.columns + column);
  }
  return place;
}

}  // namespace convcheck::gpu
