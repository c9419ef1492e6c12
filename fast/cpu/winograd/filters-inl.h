// The transform of the filters. Included once for every instruction set.
#if defined(CONVCHECK_WINOGRAD_FILTERS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_WINOGRAD_FILTERS_INL_H
#undef CONVCHECK_WINOGRAD_FILTERS_INL_H
#else
#define CONVCHECK_WINOGRAD_FILTERS_INL_H
#endif

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/winograd/stage.h"
#include "fast/cpu/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::winograd {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace dk = direct::HWY_NAMESPACE;  // the kernels that are shared with backend direct

// Eight filters side by side: 9 vectors in, all points out, each `step` after the last.
template <int kTile>
void transform_eight(const float* in, float* out, std::int64_t step) {
  constexpr int kPoints = kTile + 2;
  const hn::CappedTag<float, 8> d;
  using V = hn::Vec<decltype(d)>;
  for (std::size_t at = 0; at < 8; at += hn::Lanes(d)) {
    V taps[9], half[kPoints * 3], points[kPoints * kPoints];
    for (int t = 0; t < 9; ++t) taps[t] = hn::LoadU(d, in + t * 8 + at);
    for (int x = 0; x < 3; ++x) Transforms<kTile>::template filters<3, 3>(d, taps + x, half + x);
    for (int y = 0; y < kPoints; ++y) {
      Transforms<kTile>::template filters<1, 1>(d, half + y * 3, points + y * kPoints);
    }
    for (int p = 0; p < kPoints * kPoints; ++p) hn::StoreU(points[p], d, out + p * step + at);
  }
}

// A panel's filters, which stand side by side, channel after channel: eight at a time, and some
// times eight until they are brought home, a whole line for every point.
template <int kTile>
void transform_panel(const WinogradStage& stage, const float* from, std::int64_t height,
                     float* panel) {
  constexpr int kPoints = (kTile + 2) * (kTile + 2);
  constexpr std::int64_t kStaged = 64, kStep = kStaged + 16;
  const Correlation& sum = stage.sum;
  const std::int64_t y_step = sum.axes[1].w, x_step = sum.axes[2].w, count = sum.ins * height;
  float in[9 * 8] = {};
  HWY_ALIGN float points[kPoints * kStep];
  for (std::int64_t begin = 0; begin < count; begin += kStaged) {
    const std::int64_t end = std::min(begin + kStaged, count);
    for (std::int64_t at = begin; at < end; at += 8) {
      for (std::int64_t i = 0; i < std::min<std::int64_t>(8, end - at); ++i) {
        const float* filter =
            from + (at + i) % height * sum.w.major + (at + i) / height * sum.w.minor;
        for (int t = 0; t < 9; ++t) in[t * 8 + i] = filter[t / 3 * y_step + t % 3 * x_step];
      }
      transform_eight<kTile>(in, points + (at - begin), kStep);
    }
    for (int p = 0; p < kPoints; ++p) {
      dk::copy_dense(points + p * kStep, end - begin, panel + p * count + begin);
    }
  }
}

// Some outputs' filters: for every panel and point channels x height.
template <int kTile>
void transform_filters(const WinogradStage& stage, std::int64_t group, const Range& outs,
                       const WinogradMemory& memory, float* to) {
  const Correlation& sum = stage.sum;
  const float* from = memory.w + sum.w.at + group * sum.w.group + outs.begin * sum.w.major;
  direct::for_each_panel(outs.size(), stage.shape.filters,
                         [&](std::int64_t first, std::int64_t height) {
                           transform_panel<kTile>(stage, from + first * sum.w.major, height,
                                                  to + first * stage.points() * sum.ins);
                         });
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::winograd
HWY_AFTER_NAMESPACE();

#endif
