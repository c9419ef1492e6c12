// Copies of tensors in device memory, padded, cropped or reversed: their index arithmetic, for a
// device and the host.
#pragma once

#include <cstdint>

#include "fast/cuda/geometry.h"

namespace convcheck::gpu {

// Every element of the destination: the source's element at the same coordinates less `before`, or
// zero where the source has none. Strides in elements; reversed axes have negative ones.
struct BoxCopy {
  static constexpr int kAxes = 5;

  std::int64_t extents[kAxes] = {1, 1, 1, 1, 1}, source_extents[kAxes] = {1, 1, 1, 1, 1};
  std::int64_t before[kAxes] = {};
  std::int64_t from[kAxes] = {}, to[kAxes] = {};
  std::int64_t first = 0;  // where the source's element at coordinates 0 lies

  CONVCHECK_HOST_DEVICE std::int64_t items() const {
    std::int64_t count = 1;
    for (int axis = 0; axis < kAxes; ++axis) count *= extents[axis];
    return count;
  }

  struct Places {
    bool inside = true;
    std::int64_t from = 0, to = 0;
  };
  CONVCHECK_HOST_DEVICE Places places_of(std::int64_t item) const {
    Places places{true, first, 0};
    for (int axis = kAxes; axis-- > 0;) {
      const std::int64_t rest = quotient(item, extents[axis]), at = item - rest * extents[axis];
      item = rest;
      const std::int64_t source = at - before[axis];
      places.inside = places.inside && source >= 0 && source < source_extents[axis];
      places.from += source * from[axis];
      places.to += at * to[axis];
    }
    return places;
  }
};

}  // namespace convcheck::gpu
