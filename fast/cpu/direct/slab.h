// A slab: a padded copy of a block of one image's channels, in which every tap of a sum is the same
// row of memory, shifted.
//
// Along an axis, tap t of output q reads input q * step + first + t * tap_step. The slab has a
// plane for each remainder of these by the step ("slot"), where neighbours of one remainder stand
// side by side: there tap t reads element q + shift(t). Positions are numbered with the slab's own
// pitch, so that the taps of several rows of outputs are one vector, too; what is computed between
// the ends of two rows is thrown away.
#pragma once

#include <array>
#include <cstdint>

#include "fast/cpu/blocks.h"
#include "fast/cpu/direct/correlation.h"

namespace convcheck::cpu::direct {

struct SlabAxis {
  std::int64_t slots = 1;   // remainders that occur
  std::int64_t lowest = 0;  // shift
  std::int64_t span = 0;    // highest - lowest shift
  std::int64_t count = 1;   // outputs of a block; those of the last may be fewer
  std::int64_t shared = 0;  // zeros at a row's end that are those at the next one's beginning

  explicit SlabAxis(const Axis& axis);
  SlabAxis() = default;
  std::int64_t reach() const { return count + span; }
  std::int64_t length() const { return reach() - shared; }  // from neighbour to neighbour
};

// Where a tap reads.
struct Shift {
  std::int64_t slot = 0, by = 0;
};
Shift shift_of(const Axis& axis, std::int64_t tap);

struct Slab {
  std::array<SlabAxis, 3> axes{};
  // The axis along which an image is cut into blocks; those before it have one position in each.
  std::size_t cut = 2;

  Slab() = default;
  // The zeros between two rows stand there once: fewer positions whose sums nobody wants.
  void share_padding(const Correlation& sum);

  // Blocks as large as `elements` allow, but at least one position of the outermost axis.
  Slab(const Correlation& sum, std::int64_t elements);

  // Blocks of so many rows of one position of the first axis.
  void cut_rows(std::int64_t rows);

  std::int64_t blocks(const Correlation& sum) const;
  std::int64_t plane() const { return axes[0].length() * axes[1].length() * axes[2].length(); }
  // From channel to channel: an odd number of 32 bytes or more, so that a tap's channels have all
  // places of the first cache.
  std::int64_t channel() const {
    const std::int64_t slots = axes[0].slots * axes[1].slots * axes[2].slots;
    return (ceil_div(slots * plane() + axes[2].shared, 8) | 1) * 8;
  }
  // Positions of a block of `count` along the cut, in the slab's pitch.
  std::int64_t positions(std::int64_t count) const;
  std::int64_t offset(const Correlation& sum, std::int64_t tap, std::int64_t channel) const;
};

}  // namespace convcheck::cpu::direct
