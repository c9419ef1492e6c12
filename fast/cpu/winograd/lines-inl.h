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

// to[r * step + i] = from[i * kTile + r], for a vector of every r.
#if HWY_TARGET != HWY_SCALAR
template <int kTile, class V>
void store_split(const V* from, float* to, std::int64_t step) {
  const hn::DFromV<V> d;
  const V even = hn::ConcatEven(d, from[1], from[0]), odd = hn::ConcatOdd(d, from[1], from[0]);
  if constexpr (kTile == 2) {
    hn::StoreU(even, d, to);
    hn::StoreU(odd, d, to + step);
  } else {
    const V even2 = hn::ConcatEven(d, from[3], from[2]), odd2 = hn::ConcatOdd(d, from[3], from[2]);
    hn::StoreU(hn::ConcatEven(d, even2, even), d, to);
    hn::StoreU(hn::ConcatEven(d, odd2, odd), d, to + step);
    hn::StoreU(hn::ConcatOdd(d, even2, even), d, to + 2 * step);
    hn::StoreU(hn::ConcatOdd(d, odd2, odd), d, to + 3 * step);
  }
}
#endif

#if HWY_TARGET == HWY_AVX3
// The rows from `row` on that a run of tiles reads, `count` places of each, in whole vectors: more
// is written after the last. `from` is where row 0 has the first element of the span. Masks leave
// out what is not there; the next channel's rows are brought near.
template <int kTile>
void split_rows(const WinogradStage& stage, const float* from, const dk::Span& span,
                std::int64_t row, std::int64_t count, float* to) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  constexpr std::int64_t kLanes = 16;
  const direct::Axis& rows = stage.sum.axes[1];
  const auto first = [&](std::int64_t some) {
    return hn::FirstN(d, static_cast<std::size_t>(std::clamp<std::int64_t>(some, 0, kLanes)));
  };
  for (std::int64_t i = 0; i < count; i += kLanes) {
    hn::Mask<decltype(d)> there[kTile];
    for (int v = 0; v < kTile; ++v) {
      const std::int64_t at = i * kTile + v * kLanes;
      there[v] = hn::AndNot(first(span.lo - at), first(span.hi - at));
    }
    for (int j = 0; j < kTile + 2; ++j) {
      const bool exists = row + j >= 0 && row + j < rows.extent;
      const float* at = from + (row + j) * rows.in + i * kTile;
      V vectors[kTile];
      for (int v = 0; v < kTile; ++v) {
        vectors[v] = exists ? hn::MaskedLoad(there[v], d, at + v * kLanes) : hn::Zero(d);
        hwy::Prefetch(at + v * kLanes + stage.sum.in.minor);
      }
      store_split<kTile>(vectors, to + j * kTile * stage.flat() + i, stage.flat());
    }
  }
}
#endif

// The same, of elements that are all there.
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
    hn::Vec<decltype(d)> vectors[kTile];
    for (int v = 0; v < kTile; ++v) vectors[v] = hn::LoadU(d, from + v * lanes);
    store_split<kTile>(vectors, to + i, step);
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
#if HWY_TARGET == HWY_AVX3
    if (columns.in == 1) {
      split_rows<kTile>(stage, channel + run.image * stage.sum.in.major + start, span,
                        run.q1 * kTile + rows.first, count, lines + place);
      place += count;
      continue;
    }
#endif
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
