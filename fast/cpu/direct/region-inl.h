// One region of unshared filters: where its numbers are, and how they come into buffers. Included
// once for every instruction set.
#if defined(CONVCHECK_DIRECT_REGION_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_REGION_INL_H
#undef CONVCHECK_DIRECT_REGION_INL_H
#else
#define CONVCHECK_DIRECT_REGION_INL_H
#endif

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/direct/unshared.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

inline std::array<std::int64_t, 3> position(const Correlation& sum, std::int64_t region) {
  const std::int64_t inner = sum.axes[2].count, middle = sum.axes[1].count;
  return {region / inner / middle, region / inner % middle, region % inner};
}

// The taps of a region that read the input, for one channel: visit(row of the tap, offset in x).
template <class Visit>
void for_each_tap_inside(const Correlation& sum, const std::array<std::int64_t, 3>& q,
                         const Visit& visit) {
  const std::array<Axis, 3>& axes = sum.axes;
  const auto input = [&](int axis, std::int64_t tap) {
    return q[axis] * axes[axis].step + axes[axis].first + tap * axes[axis].tap_step;
  };
  const auto inside = [&](int axis, std::int64_t i) { return i >= 0 && i < axes[axis].extent; };
  for (std::int64_t t0 = 0, tap = 0; t0 < axes[0].taps; ++t0) {
    const std::int64_t i0 = input(0, t0);
    for (std::int64_t t1 = 0; t1 < axes[1].taps; ++t1) {
      const std::int64_t i1 = input(1, t1);
      for (std::int64_t t2 = 0; t2 < axes[2].taps; ++t2, ++tap) {
        const std::int64_t i2 = input(2, t2);
        if (!inside(0, i0) || !inside(1, i1) || !inside(2, i2)) continue;
        visit(tap, i0 * axes[0].in + i1 * axes[1].in + i2 * axes[2].in);
      }
    }
  }
}

// The taps of a region that read the input, row by row: all of one channel before the next, since
// channels are often so far apart that they have the same place in the first cache.
class RowsOfTaps {
 public:
  RowsOfTaps(const Correlation& sum, const std::array<std::int64_t, 3>& q) : axes_(sum.axes) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const Axis& one = axes_[axis];
      start_[axis] = q[axis] * one.step + one.first;
      Range& range = inside_[axis];
      while (range.begin < one.taps && !inside(axis, range.begin)) ++range.begin;
      for (range.end = range.begin; range.end < one.taps && inside(axis, range.end);) ++range.end;
    }
  }

  template <class E>
  void gather(const E* channel, Accumulator<E>* to) const {
    const std::int64_t step = axes_[2].tap_step * axes_[2].in;
    for (std::int64_t t0 = inside_[0].begin; t0 < inside_[0].end; ++t0) {
      for (std::int64_t t1 = inside_[1].begin; t1 < inside_[1].end; ++t1) {
        const E* from = channel + input(0, t0) * axes_[0].in + input(1, t1) * axes_[1].in +
                        start_[2] * axes_[2].in;
        Accumulator<E>* row = to + (t0 * axes_[1].taps + t1) * axes_[2].taps;
        for (std::int64_t t2 = inside_[2].begin; t2 < inside_[2].end; ++t2) {
          row[t2] = widen(from[t2 * step]);
        }
      }
    }
  }

 private:
  std::int64_t input(std::size_t axis, std::int64_t tap) const {
    return start_[axis] + tap * axes_[axis].tap_step;
  }
  bool inside(std::size_t axis, std::int64_t tap) const {
    return input(axis, tap) >= 0 && input(axis, tap) < axes_[axis].extent;
  }

  std::array<Axis, 3> axes_;
  std::array<std::int64_t, 3> start_{};
  std::array<Range, 3> inside_{};
};

// One task: the operands of its group, moved to its first output and channel, and its memory.
template <class E>
struct Region {
  using T = Accumulator<E>;

  const UnsharedStage& stage;
  const Correlation& sum;
  E *x, *w, *y;
  std::int64_t outs = 0, ins = 0;
  T *columns, *filters, *factors;
  std::int64_t* offsets;

  Region(const UnsharedStage& s, const UnsharedMemory& memory, std::int64_t group, std::int64_t out,
         std::int64_t in)
      : stage(s),
        sum(s.sum),
        x(static_cast<E*>(memory.x) + sum.in.at + group * sum.in.group + in * sum.in.minor),
        w(static_cast<E*>(memory.w) + sum.w.at + group * sum.w.group + out * sum.w.major +
          in * sum.w.minor),
        y(static_cast<E*>(memory.y) + sum.out.at + group * sum.out.group + out * sum.out.minor),
        outs(std::min(s.outs_per_task, sum.outs - out)),
        ins(std::min(s.ins_per_task, sum.ins - in)),
        columns(reinterpret_cast<T*>(memory.buffer)),
        filters(columns + s.column_elements()),
        factors(filters + s.filter_elements()),
        offsets(reinterpret_cast<std::int64_t*>(factors + s.factor_elements())) {}

  std::int64_t rows() const { return ins * sum.taps(); }
  E* filters_at(const std::array<std::int64_t, 3>& q) const {
    return w + q[0] * stage.region[0] + q[1] * stage.region[1] + q[2] * stage.region[2];
  }
  E* output_at(const std::array<std::int64_t, 3>& q, std::int64_t image) const {
    return y + image * sum.out.major + q[0] * sum.axes[0].out + q[1] * sum.axes[1].out +
           q[2] * sum.axes[2].out;
  }
  void set_offsets(std::int64_t count, std::int64_t step) const {
    for (std::int64_t i = 0; i < count; ++i) offsets[i] = i * step;
  }

  // Calls visit(element of the row of filters, its offset in memory).
  template <class Visit>
  void for_each_filter(const Visit& visit) const {
    const std::array<Axis, 3>& axes = sum.axes;
    std::int64_t row = 0;
    for (std::int64_t b = 0; b < ins; ++b) {
      for (std::int64_t t0 = 0; t0 < axes[0].taps; ++t0) {
        for (std::int64_t t1 = 0; t1 < axes[1].taps; ++t1) {
          for (std::int64_t t2 = 0; t2 < axes[2].taps; ++t2) {
            visit(row++, b * sum.w.minor + t0 * axes[0].w + t1 * axes[1].w + t2 * axes[2].w);
          }
        }
      }
    }
  }

  // The rows of columns of images first .. first + count - 1, padded with zeros.
  void gather_columns(const std::array<std::int64_t, 3>& q, std::int64_t first,
                      std::int64_t count) const {
    clear(columns, count * stage.pitch());
    const RowsOfTaps taps(sum, q);
    for (std::int64_t n = 0; n < count; ++n) {
      const E* from = x + (first + n) * sum.in.major;
      T* to = columns + n * stage.pitch();
      for (std::int64_t b = 0; b < ins; ++b, from += sum.in.minor, to += sum.taps()) {
        taps.gather(from, to);
      }
    }
  }

  // Rows of filters in the buffer, padded with zeros.
  void gather_filters(const E* from, std::int64_t count) const {
    clear(filters, count * stage.pitch());
    for (std::int64_t k = 0; k < count; ++k) {
      for_each_filter([&](std::int64_t row, std::int64_t at) {
        filters[k * stage.pitch() + row] = widen(from[k * sum.w.major + at]);
      });
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
