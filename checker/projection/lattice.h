// Where the input coordinates of a problem lie so that every filter tap reads one run of memory.
//
// A plane of inputs is padded with zeros and taken apart by the remainder of its padded coordinate
// modulo the stride: o * stride + f * dilation is then o + shift(f) in the part of f's remainder.
// Rows of outputs are as wide as those parts ("wide" planes, with gaps between the rows), so o runs
// over all outputs in one loop. Axes that a problem lacks have extent 1.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "reference/problem.h"

namespace convcheck::projection {

class Lattice {
 public:
  explicit Lattice(const ConvProblem& problem);

  std::int64_t inputs() const { return inputs_; }    // elements of a plane of inputs
  std::int64_t outputs() const { return outputs_; }  // of outputs
  std::int64_t taps() const { return static_cast<std::int64_t>(tap_offsets_.size()); }
  std::int64_t size() const { return parts_ * part_; }  // elements of a lattice
  std::int64_t part() const { return part_; }           // of one part
  std::int64_t parts() const { return parts_; }
  std::int64_t wide() const { return wide_; }  // of a wide plane of outputs, to its last output
  // No padding, no stride: a lattice is the plane of inputs itself.
  bool plain() const { return plain_; }

  // In w's order of filter coordinates, flipped or not: where the tap's input for output 0 lies.
  std::int64_t tap_offset(std::int64_t tap) const { return tap_offsets_[std::size_t(tap)]; }
  // Row-major number of an output -> its place in a wide plane.
  std::int64_t wide_offset(std::int64_t output) const;

  // Calls row(plane offset, lattice offset, count, lattice step) for all inputs that any tap can
  // reach, count of them one after the other in the plane.
  template <class Row>
  void for_each_input_run(const Row& row) const;
  // The same for rows of outputs: row(plane offset, wide offset, count).
  template <class Row>
  void for_each_output_row(const Row& row) const;

 private:
  // One axis: the remainders in use, and where each begins.
  struct Axis {
    std::int64_t input = 1, output = 1, stride = 1, pad = 0, extent = 1;
    std::vector<std::int64_t> remainders{0};
  };

  void add_taps(const ConvProblem& problem);

  std::array<Axis, 3> axes_;
  std::int64_t inputs_ = 1, outputs_ = 1, parts_ = 1, part_ = 1, wide_ = 1;
  bool plain_ = true;
  std::vector<std::int64_t> tap_offsets_;
};

template <class Row>
void Lattice::for_each_output_row(const Row& row) const {
  const Axis &depth = axes_[0], &height = axes_[1], &width = axes_[2];
  for (std::int64_t d = 0; d < depth.output; ++d) {
    for (std::int64_t h = 0; h < height.output; ++h) {
      row((d * height.output + h) * width.output, (d * height.extent + h) * width.extent,
          width.output);
    }
  }
}

template <class Row>
void Lattice::for_each_input_run(const Row& row) const {
  // Coordinates of one axis that have remainder number `part`: the first, and its place.
  const auto first = [](const Axis& axis, std::size_t part) {
    const std::int64_t behind = axis.pad - axis.remainders[part];
    const std::int64_t place = behind > 0 ? (behind + axis.stride - 1) / axis.stride : 0;
    return std::pair{place * axis.stride - behind, place};
  };
  const auto last = [](const Axis& axis) { return axis.input; };
  const std::size_t heights = axes_[1].remainders.size(), widths = axes_[2].remainders.size();
  for (std::size_t part = 0; part < static_cast<std::size_t>(parts_); ++part) {
    const auto [d0, d_place] = first(axes_[0], part / (heights * widths));
    const auto [h0, h_place] = first(axes_[1], part / widths % heights);
    const auto [w0, w_place] = first(axes_[2], part % widths);
    const Axis &depth = axes_[0], &height = axes_[1], &width = axes_[2];
    const std::int64_t count = (last(width) - w0 + width.stride - 1) / width.stride;
    if (count <= 0) continue;
    std::int64_t d_at = d_place;
    for (std::int64_t d = d0; d < last(depth); d += depth.stride, ++d_at) {
      std::int64_t h_at = h_place;
      for (std::int64_t h = h0; h < last(height); h += height.stride, ++h_at) {
        row((d * height.input + h) * width.input + w0,
            static_cast<std::int64_t>(part) * part_ + (d_at * height.extent + h_at) * width.extent +
                w_place,
            count, width.stride);
      }
    }
  }
}

}  // namespace convcheck::projection
