// The transform of the filters. Included once for every instruction set.
#if defined(CONVCHECK_WINOGRAD_FILTERS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_WINOGRAD_FILTERS_INL_H
#undef CONVCHECK_WINOGRAD_FILTERS_INL_H
#else
#define CONVCHECK_WINOGRAD_FILTERS_INL_H
#endif

#include <cstdlib>

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/winograd/stage.h"
#include "fast/cpu/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::winograd {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace dk = direct::HWY_NAMESPACE;  // the kernels that are shared with backend direct

// Filters are transformed so many at a time and brought home together, whole lines for every point.
// The other number is the distance of the points until then: not a power of two, which would give
// all the same places in the cache.
inline constexpr std::int64_t kStaged = 64, kStagedStep = kStaged + 16;

// Filters side by side: 9 rows in, all points out.
template <int kTile>
void transform_staged(const float* in, std::int64_t count, float* out) {
  constexpr int kPoints = kTile + 2;
  const hn::CappedTag<float, kStaged> d;
  using V = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t at = 0; at < count; at += lanes) {
    V taps[9], half[kPoints * 3], points[kPoints];
    for (int t = 0; t < 9; ++t) taps[t] = hn::LoadU(d, in + t * kStagedStep + at);
    for (int x = 0; x < 3; ++x) Transforms<kTile>::template filters<3, 3>(d, taps + x, half + x);
    for (int y = 0; y < kPoints; ++y) {
      Transforms<kTile>::template filters<1, 1>(d, half + y * 3, points);
      for (int x = 0; x < kPoints; ++x) {
        hn::StoreU(points[x], d, out + (y * kPoints + x) * kStagedStep + at);
      }
    }
  }
}

#if HWY_TARGET == HWY_AVX3
// Eight numbers of each of eight rows that are `step` apart: to[i * to_step + k] is row k's i-th.
inline void transpose_eight(const float* from, std::int64_t step, float* to, std::int64_t to_step) {
  const hn::FixedTag<float, 8> d;
  const hn::Repartition<double, decltype(d)> pairs;
  hn::Vec<decltype(d)> by_four[8];  // columns i and i + 4 of rows 0 to 3, then of rows 4 to 7
  for (int half = 0; half < 2; ++half) {
    const float* rows = from + 4 * half * step;
    const auto r0 = hn::LoadU(d, rows), r1 = hn::LoadU(d, rows + step);
    const auto r2 = hn::LoadU(d, rows + 2 * step), r3 = hn::LoadU(d, rows + 3 * step);
    const auto low = hn::BitCast(pairs, hn::InterleaveLower(d, r0, r1));
    const auto low2 = hn::BitCast(pairs, hn::InterleaveLower(d, r2, r3));
    const auto high = hn::BitCast(pairs, hn::InterleaveUpper(d, r0, r1));
    const auto high2 = hn::BitCast(pairs, hn::InterleaveUpper(d, r2, r3));
    by_four[4 * half] = hn::BitCast(d, hn::InterleaveLower(pairs, low, low2));
    by_four[4 * half + 1] = hn::BitCast(d, hn::InterleaveUpper(pairs, low, low2));
    by_four[4 * half + 2] = hn::BitCast(d, hn::InterleaveLower(pairs, high, high2));
    by_four[4 * half + 3] = hn::BitCast(d, hn::InterleaveUpper(pairs, high, high2));
  }
  for (int i = 0; i < 4; ++i) {
    hn::StoreU(hn::ConcatLowerLower(d, by_four[4 + i], by_four[i]), d, to + i * to_step);
    hn::StoreU(hn::ConcatUpperUpper(d, by_four[4 + i], by_four[i]), d, to + (4 + i) * to_step);
  }
}

// gather_filters() for panels of eight whose taps stand side by side, forwards or backwards.
inline void gather_eight(const Correlation& sum, const float* from, std::int64_t channels,
                         float* to) {
  const bool forwards = sum.axes[2].w > 0;
  const float* filter = forwards ? from : from - 8;
  const std::int64_t step = forwards ? kStagedStep : -kStagedStep;
  float* taps = forwards ? to : to + 8 * kStagedStep;
  for (std::int64_t b = 0; b < channels; ++b, filter += sum.w.minor, taps += 8) {
    transpose_eight(filter, sum.w.major, taps, step);
    for (std::int64_t k = 0; k < 8; ++k) {
      taps[8 * step + k] = filter[k * sum.w.major + 8];
      hwy::Prefetch(filter + k * sum.w.major + channels * sum.w.minor);  // the next ones
    }
  }
}
#endif

// Some channels of a panel's filters, `height` for each, which stand side by side.
inline void gather_filters(const Correlation& sum, const float* from, std::int64_t height,
                           std::int64_t channels, float* to) {
  const std::int64_t y_step = sum.axes[1].w, x_step = sum.axes[2].w;
#if HWY_TARGET == HWY_AVX3
  if (height == 8 && std::abs(x_step) == 1 && y_step == 3 * x_step) {
    return gather_eight(sum, from, channels, to);
  }
#endif
  for (std::int64_t k = 0; k < height; ++k) {
    const float* filter = from + k * sum.w.major;
    for (std::int64_t b = 0; b < channels; ++b, filter += sum.w.minor) {
      float* taps = to + b * height + k;
      hwy::Prefetch(filter + channels * sum.w.minor);  // the next ones
      for (int y = 0; y < 3; ++y) {
        for (int x = 0; x < 3; ++x) {
          taps[(y * 3 + x) * kStagedStep] = filter[y * y_step + x * x_step];
        }
      }
    }
  }
}

// A panel's filters, channel after channel. The height is a power of two.
template <int kTile>
void transform_panel(const Correlation& sum, const float* from, std::int64_t ins,
                     std::int64_t height, float* panel) {
  constexpr int kPoints = (kTile + 2) * (kTile + 2);
  const std::int64_t count = ins * height;
  HWY_ALIGN float in[9 * kStagedStep] = {};
  HWY_ALIGN float points[kPoints * kStagedStep];
  for (std::int64_t begin = 0; begin < count; begin += kStaged) {
    const std::int64_t some = std::min(kStaged, count - begin);
    gather_filters(sum, from + begin / height * sum.w.minor, height, some / height, in);
    transform_staged<kTile>(in, some, points);
    for (int p = 0; p < kPoints; ++p) {
      const float* const point = points + p * kStagedStep;
      float* const to = panel + p * count + begin;
      some == kStaged ? dk::copy_dense(point, kStaged, to) : dk::copy_dense(point, some, to);
    }
  }
}

// Some outputs' filters of some channels: for every panel and point channels x height.
template <int kTile>
void transform_filters(const WinogradStage& stage, std::int64_t group, const Range& outs,
                       const Range& ins, const WinogradMemory& memory, float* to) {
  const Correlation& sum = stage.sum;
  const float* from = memory.w + sum.w.at + group * sum.w.group + outs.begin * sum.w.major +
                      ins.begin * sum.w.minor;
  direct::for_each_panel(outs.size(), stage.shape.filters,
                         [&](std::int64_t first, std::int64_t height) {
                           transform_panel<kTile>(sum, from + first * sum.w.major, ins.size(),
                                                  height, to + first * stage.points() * ins.size());
                         });
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::winograd
HWY_AFTER_NAMESPACE();

#endif
