#include "checker/projection/lattice.h"

#include <algorithm>

namespace convcheck::projection {

Lattice::Lattice(const ConvProblem& problem) {
  const std::size_t missing = 3 - problem.rank;
  for (std::size_t number = 0; number < problem.rank; ++number) {
    const Window& window = problem.windows[number];
    Axis& axis = axes_[missing + number];
    axis = {window.input, window.output(), window.stride, window.pad_before, 1, {}};
    axis.extent = (window.padded_input() + window.stride - 1) / window.stride;
    for (std::int64_t f = 0; f < std::min(window.filter, window.stride); ++f) {
      const std::int64_t remainder = f * window.dilation % window.stride;
      if (std::find(axis.remainders.begin(), axis.remainders.end(), remainder) !=
          axis.remainders.end()) {
        break;  // they repeat from the first one on
      }
      axis.remainders.push_back(remainder);
    }
    plain_ &= window.stride == 1 && window.pad_before == 0 && window.pad_after == 0;
  }
  for (const Axis& axis : axes_) {
    inputs_ *= axis.input;
    outputs_ *= axis.output;
    parts_ *= static_cast<std::int64_t>(axis.remainders.size());
    part_ *= axis.extent;
  }
  wide_ = wide_offset(outputs_ - 1) + 1;
  add_taps(problem);
}

void Lattice::add_taps(const ConvProblem& problem) {
  // Offsets of the taps of one axis: the number of the part, and the shift in it.
  struct AxisTap {
    std::int64_t part, shift;
  };
  std::array<std::vector<AxisTap>, 3> taps;
  for (std::size_t number = 0; number < 3; ++number) {
    const Axis& axis = axes_[number];
    const std::size_t missing = 3 - problem.rank;
    const Window window = number < missing ? Window{} : problem.windows[number - missing];
    for (std::int64_t f = 0; f < window.filter; ++f) {
      const std::int64_t tap = problem.flip ? window.filter - 1 - f : f;
      const std::int64_t ahead = tap * window.dilation;
      const auto part =
          std::find(axis.remainders.begin(), axis.remainders.end(), ahead % axis.stride) -
          axis.remainders.begin();
      taps[number].push_back({part, ahead / axis.stride});
    }
  }
  const auto heights = static_cast<std::int64_t>(axes_[1].remainders.size());
  const auto widths = static_cast<std::int64_t>(axes_[2].remainders.size());
  for (const AxisTap& d : taps[0]) {
    for (const AxisTap& h : taps[1]) {
      for (const AxisTap& w : taps[2]) {
        tap_offsets_.push_back(((d.part * heights + h.part) * widths + w.part) * part_ +
                               (d.shift * axes_[1].extent + h.shift) * axes_[2].extent + w.shift);
      }
    }
  }
}

std::int64_t Lattice::wide_offset(std::int64_t output) const {
  const std::int64_t w = output % axes_[2].output, rest = output / axes_[2].output;
  const std::int64_t h = rest % axes_[1].output, d = rest / axes_[1].output;
  return (d * axes_[1].extent + h) * axes_[2].extent + w;
}

}  // namespace convcheck::projection
