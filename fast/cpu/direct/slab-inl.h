// Filling a slab. Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_SLAB_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_SLAB_INL_H
#undef CONVCHECK_DIRECT_SLAB_INL_H
#else
#define CONVCHECK_DIRECT_SLAB_INL_H
#endif

#include "fast/cpu/direct/columns-inl.h"
#include "fast/cpu/direct/slab.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// Input coordinate of element j of a slot is (j + lowest) * step + remainder: that of output j at
// the slot's first tap, moved to the lowest shift. `begin` is the block's first output.
inline std::int64_t slot_start(const Axis& axis, const SlabAxis& slab, std::int64_t slot,
                               std::int64_t begin) {
  const std::int64_t moved = slab.lowest - shift_of(axis, slot).by;
  return axis.first + slot * axis.tap_step + (moved + begin) * axis.step;
}

// Of elements j = 0 .. length - 1, which are inputs start + j * step: those that exist.
inline Range inside(const Axis& axis, std::int64_t start, std::int64_t length) {
  const Span span = existing(axis, Run{0, 0, 0, 0, length, 0}, start);
  return {span.lo, span.hi};
}

// All channels of one plane. `start` is the input coordinate of its first element, `data` that of
// the image. The inner loop is over what there is more of, rows or channels.
template <class E>
void fill_plane(const Images<E>& image, const Slab& slab, const std::array<std::int64_t, 3>& start,
                Accumulator<E>* to) {
  const std::array<Axis, 3>& axes = image.axes;
  const std::int64_t rows = slab.axes[1].length(), length = slab.axes[2].length();
  const std::int64_t shared = slab.axes[2].shared;
  const Span span = existing(axes[2], Run{0, 0, 0, 0, length + shared, 0}, start[2]);
  const Range valid = inside(axes[1], start[1], rows);
  const std::int64_t row_step = axes[1].step * axes[1].in;
  for (std::int64_t j0 = 0; j0 < slab.axes[0].length(); ++j0, to += rows * length) {
    const std::int64_t i0 = start[0] + j0 * axes[0].step;
    const bool exists = i0 >= 0 && i0 < axes[0].extent;
    const Range there = exists ? valid : Range{rows, rows};
    const E* from = image.data + i0 * axes[0].in + start[1] * axes[1].in + start[2] * axes[2].in +
                    there.begin * row_step;
    Accumulator<E>* first = to + there.begin * length;
    for (std::int64_t b = 0; b < image.channels; ++b) {
      clear(to + b * slab.channel(), there.begin * length);
      clear(to + b * slab.channel() + there.end * length, (rows - there.end) * length + shared);
      if (there.size() >= image.channels) {
        copy_rows<E>(
            {from + b * image.channel, row_step, there.size(), first + b * slab.channel(), length},
            span);
      }
    }
    if (there.size() >= image.channels) continue;
    for (std::int64_t j1 = 0; j1 < there.size(); ++j1) {
      copy_rows<E>({from + j1 * row_step, image.channel, image.channels, first + j1 * length,
                    slab.channel()},
                   span);
    }
  }
}

// The block that begins at output `begin` of each axis. Slack after the last element is
// left as it is.
template <class E>
void fill_slab(const Images<E>& image, const Slab& slab, const std::array<std::int64_t, 3>& begin,
               Accumulator<E>* to) {
  for (std::int64_t s0 = 0; s0 < slab.axes[0].slots; ++s0) {
    for (std::int64_t s1 = 0; s1 < slab.axes[1].slots; ++s1) {
      for (std::int64_t s2 = 0; s2 < slab.axes[2].slots; ++s2, to += slab.plane()) {
        const std::array<std::int64_t, 3> slots{s0, s1, s2};
        std::array<std::int64_t, 3> start;
        for (std::size_t axis = 0; axis < 3; ++axis) {
          start[axis] = slot_start(image.axes[axis], slab.axes[axis], slots[axis], begin[axis]);
        }
        fill_plane(image, slab, start, to);
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
