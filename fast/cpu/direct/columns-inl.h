// Rows of the column matrix of some positions, gathered from the images. Included once for every
// instruction set.
#if defined(CONVCHECK_DIRECT_COLUMNS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_COLUMNS_INL_H
#undef CONVCHECK_DIRECT_COLUMNS_INL_H
#else
#define CONVCHECK_DIRECT_COLUMNS_INL_H
#endif

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/direct/runs.h"
#include "fast/cpu/direct/segments.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// The images of one group: row (tap, b) of the column matrix has at position q the element that tap
// and channel b add there, or a zero. The rows' order is that of segments.h.
template <class E>
struct Images {
  const E* data = nullptr;
  std::int64_t image = 0, channel = 0, channels = 1, channels_at_once = 1;
  std::array<Axis, 3> axes{};
};

// Where the rows go: `stride` elements apart; what is beyond the positions, up to `width`, becomes
// zeros.
template <class T>
struct Panel {
  T* data = nullptr;
  std::int64_t stride = 0, width = 0;
};

// The outputs of `run` that a tap of the last axis reads, which starts at input `start`.
inline Span existing(const Axis& axis, const Run& run, std::int64_t start) {
  Span span{.length = run.length, .lo = 0, .hi = run.length, .stride = axis.in * axis.step};
  if (start < 0) span.lo = std::min(run.length, (axis.step - 1 - start) / axis.step);
  if (start + (run.length - 1) * axis.step >= axis.extent) {
    const std::int64_t room = axis.extent - start;
    span.hi = room <= 0 ? span.lo : std::max(span.lo, (room + axis.step - 1) / axis.step);
  }
  return span;
}

// One tap and run of channels first .. first + count - 1.
template <class E>
void gather(const Images<E>& images, const Run& run, const std::array<std::int64_t, 3>& tap,
            std::int64_t first, std::int64_t count, const Panel<Accumulator<E>>& to) {
  const std::array<std::int64_t, 3> q{run.q0, run.q1, run.q2};
  std::array<std::int64_t, 3> i;
  for (int axis = 0; axis < 3; ++axis) {
    const Axis& a = images.axes[axis];
    i[axis] = q[axis] * a.step + a.first + tap[axis] * a.tap_step;
  }
  const auto inside = [&](int axis) { return i[axis] >= 0 && i[axis] < images.axes[axis].extent; };
  Accumulator<E>* target = to.data + run.at;
  if (!inside(0) || !inside(1)) {
    for (std::int64_t b = 0; b < count; ++b, target += to.stride) clear(target, run.length);
    return;
  }
  const Span span = existing(images.axes[2], run, i[2]);
  const std::int64_t at = run.image * images.image + first * images.channel +
                          i[0] * images.axes[0].in + i[1] * images.axes[1].in +
                          i[2] * images.axes[2].in;
  copy_rows<E>({images.data + at, images.channel, count, target, to.stride}, span);
}

// Rows begin .. end - 1 of the positions of `runs`.
template <class E>
void gather_rows(const Images<E>& images, std::span<const Run> runs, std::int64_t begin,
                 std::int64_t end, Panel<Accumulator<E>> to) {
  const std::int64_t positions = runs.back().at + runs.back().length;
  const std::int64_t inner = images.axes[2].taps, middle = images.axes[1].taps;
  const std::int64_t all_taps = images.axes[0].taps * middle * inner;
  const auto visit = [&](const Segment& segment) {
    const std::int64_t tap = segment.tap, count = segment.ins.size();
    const std::array<std::int64_t, 3> taps{tap / inner / middle, tap / inner % middle, tap % inner};
    for (const Run& run : runs) gather(images, run, taps, segment.ins.begin, count, to);
    for (std::int64_t b = 0; b < count; ++b, to.data += to.stride) {
      clear(to.data + positions, to.width - positions);
    }
  };
  for_each_segment(images.channels, all_taps, images.channels_at_once, {begin, end}, visit);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
