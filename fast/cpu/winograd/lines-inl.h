// Inputs of a row of tiles, by the remainders of their columns. Included once for every instruction
// set.
#if defined(CONVCHECK_WINOGRAD_LINES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_WINOGRAD_LINES_INL_H
#undef CONVCHECK_WINOGRAD_LINES_INL_H
#else
#define CONVCHECK_WINOGRAD_LINES_INL_H
#endif

#include "fast/cpu/direct/columns-inl.h"
#include "fast/cpu/winograd/stage.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::winograd {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace dk = direct::HWY_NAMESPACE;  // the kernels that are shared with backend direct

// to[r * step + i] = from[i * kTile + r] for i < count, in whole vectors: more is written after the
// last.
template <int kTile>
void split_columns(const float* from, std::int64_t count, float* to, std::int64_t step) {
#if HWY_TARGET == HWY_SCALAR
  for (std::int64_t i = 0; i < count; ++i) {
    for (int r = 0; r < kTile; ++r) to[r * step + i] = from[i * kTile + r];
  }
#else
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t i = 0; i < count; i += lanes, from += kTile * lanes) {
    const auto v0 = hn::LoadU(d, from), v1 = hn::LoadU(d, from + lanes);
    const auto even = hn::ConcatEven(d, v1, v0), odd = hn::ConcatOdd(d, v1, v0);
    if constexpr (kTile == 2) {
      hn::StoreU(even, d, to + i);
      hn::StoreU(odd, d, to + step + i);
    } else {
      const auto v2 = hn::LoadU(d, from + 2 * lanes), v3 = hn::LoadU(d, from + 3 * lanes);
      const auto even2 = hn::ConcatEven(d, v3, v2), odd2 = hn::ConcatOdd(d, v3, v2);
      hn::StoreU(hn::ConcatEven(d, even2, even), d, to + i);
      hn::StoreU(hn::ConcatEven(d, odd2, odd), d, to + step + i);
      hn::StoreU(hn::ConcatOdd(d, even2, even), d, to + 2 * step + i);
      hn::StoreU(hn::ConcatOdd(d, odd2, odd), d, to + 3 * step + i);
    }
  }
#endif
}

// For every run of tiles, the kTile + 2 rows of one channel: element (row, remainder, tile) at
// (row * kTile + remainder) * flat() + the run's place, one more tile than the run has.
template <int kTile>
void fill_lines(const WinogradStage& stage, const float* channel, std::span<const direct::Run> runs,
                float* lines, float* line) {
  const direct::Axis &rows = stage.sum.axes[1], &columns = stage.sum.axes[2];
  std::int64_t place = 0;
  for (const direct::Run& run : runs) {
    const std::int64_t count = run.length + 1;
    const std::int64_t start = run.q2 * kTile + columns.first;
    direct::Axis unstrided = columns;
    unstrided.step = 1;
    const dk::Span span = dk::existing(unstrided, direct::Run{0, 0, 0, 0, count * kTile, 0}, start);
    for (int j = 0; j < kTile + 2; ++j) {
      const std::int64_t i = run.q1 * kTile + j + rows.first;
      float* to = lines + j * kTile * stage.flat() + place;
      if (i < 0 || i >= rows.extent) {
        for (int r = 0; r < kTile; ++r) dk::clear(to + r * stage.flat(), count);
        continue;
      }
      const float* from =
          channel + (run.image * stage.sum.in.major + i * rows.in + start * columns.in);
      dk::copy_rows<float>({from, 0, 1, line, 0}, span);
      split_columns<kTile>(line, count, to, stage.flat());
    }
    place += count;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::winograd
HWY_AFTER_NAMESPACE();

#endif
