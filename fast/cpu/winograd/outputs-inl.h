// Products to outputs. Included once for every instruction set.
#if defined(CONVCHECK_WINOGRAD_OUTPUTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_WINOGRAD_OUTPUTS_INL_H
#undef CONVCHECK_WINOGRAD_OUTPUTS_INL_H
#else
#define CONVCHECK_WINOGRAD_OUTPUTS_INL_H
#endif

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/direct/runs.h"
#include "fast/cpu/winograd/stage.h"
#include "fast/cpu/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::winograd {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
namespace dk = direct::HWY_NAMESPACE;  // the kernels that are shared with backend direct

// Brings a line near as one that will be written. The compiler's own __builtin_prefetch(at, 1)
// asks for one to be read, unless told that the processor has more, which all 64-bit ones accept.
inline void prefetch_to_write(const float* at) {
#if HWY_ARCH_X86_64
  asm volatile("prefetchw %0" : : "m"(*at));
#else
  __builtin_prefetch(at, 1);
#endif
}

// The tiles of one output: kTile rows of all their columns.
template <int kTile>
void transform_outputs(const WinogradStage& stage, const float* products, int vectors, float* to) {
  constexpr int kPoints = kTile + 2;
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t step = stage.product_step();
  for (int v = 0; v < vectors; ++v) {
    V half[kTile * kPoints];
    for (int x = 0; x < kPoints; ++x) {
      V column[kPoints];
      for (int y = 0; y < kPoints; ++y) {
        column[y] = hn::LoadU(d, products + (y * kPoints + x) * step + v * lanes);
      }
      Transforms<kTile>::template outputs<1, kPoints>(d, column, half + x);
    }
    for (int y = 0; y < kTile; ++y) {
      V row[kTile];
      Transforms<kTile>::template outputs<1, 1>(d, half + y * kPoints, row);
      float* target = to + (y * stage.tiles_at_once() + v * lanes) * kTile;
      if constexpr (kTile == 2) {
        hn::StoreInterleaved2(row[0], row[1], d, target);
      } else {
        hn::StoreInterleaved4(row[0], row[1], row[2], row[3], d, target);
      }
    }
  }
}

// Outputs are in memory that is far away: these come near before their turn.
inline constexpr std::int64_t kOutsAhead = 2;

inline void prefetch_row(const float* to, std::int64_t length) {
  for (std::int64_t i = 0; i < length; i += 16) prefetch_to_write(to + i);
  prefetch_to_write(to + length - 1);
}

// Outputs of tiles to where they belong; those beyond the last row and column are dropped.
template <int kTile>
void store_outputs(const WinogradStage& stage, std::span<const direct::Run> runs, const float* from,
                   float* out) {
  const direct::Axis &rows = stage.sum.axes[1], &columns = stage.sum.axes[2];
  const std::int64_t pitch = stage.tiles_at_once() * kTile;
  for (const direct::Run& run : runs) {
    const std::int64_t q1 = run.q1 * kTile, q2 = run.q2 * kTile;
    const std::int64_t height = std::min<std::int64_t>(kTile, rows.count - q1);
    const std::int64_t length = std::min(run.length * kTile, columns.count - q2);
    float* to = out + run.image * stage.sum.out.major + q1 * rows.out + q2 * columns.out;
    const float* first = from + run.at * kTile;
    if (columns.out == 1) {
      dk::copy_rows<float>({first, pitch, height, to, rows.out},
                           {.length = length, .lo = 0, .hi = length, .stride = 1});
      for (std::int64_t y = 0; y < height; ++y) {
        prefetch_row(to + kOutsAhead * stage.sum.out.minor + y * rows.out, length);
      }
      continue;
    }
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < length; ++x) {
        to[y * rows.out + x * columns.out] = first[y * pitch + x];
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::winograd
HWY_AFTER_NAMESPACE();

#endif
