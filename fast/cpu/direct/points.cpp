#include "fast/cpu/direct/points.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/direct/points.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/direct/turn-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// c[p, v] = sum over r of in[points[p] + offsets[r]] * filters[r, v] for the points of a tile:
// where there are fewer, the last one counts for those that are not there, and c has room for them.
template <class T>
struct PointsCall {
  std::int64_t terms = 0, count = 1;  // of a sum; of points
  const T *in = nullptr, *filters = nullptr;
  const std::int64_t *points = nullptr, *offsets = nullptr;
  T* c = nullptr;
};

template <int kPoints, int kVectors, class T>
void multiply_points(const PointsCall<T>& call) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sums[kPoints][kVectors], filter[kVectors];
  const T* in[kPoints];
  HWY_UNROLL(10)
  for (int p = 0; p < kPoints; ++p) {
    in[p] = call.in + call.points[std::min<std::int64_t>(p, call.count - 1)];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) sums[p][v] = hn::Zero(d);
  }
  const T* HWY_RESTRICT filters = call.filters;
  for (std::int64_t r = 0; r < call.terms; ++r, filters += kVectors * lanes) {
    const std::int64_t at = call.offsets[r];
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) filter[v] = hn::LoadU(d, filters + v * lanes);
    HWY_UNROLL(10)
    for (int p = 0; p < kPoints; ++p) {
      const auto number = hn::Set(d, in[p][at]);
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; ++v) sums[p][v] = hn::MulAdd(number, filter[v], sums[p][v]);
    }
  }
  HWY_UNROLL(10)
  for (int p = 0; p < kPoints; ++p) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) {
      hn::StoreU(sums[p][v], d, call.c + (p * kVectors + v) * lanes);
    }
  }
}

// As many points as registers allow, and as hide the multipliers' latency; planes of 7 x 7 and
// 14 x 14 are whole numbers of tiles but for one or four points.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kPointsOfTwo = 10;
#else
inline constexpr int kPointsOfTwo = 5;
#endif
inline constexpr int kPointsOfOne = 10;

template <class E>
void pack_filters_of_points(const PointsStage& stage, std::int64_t index,
                            const PointsMemory& memory) {
  using T = Accumulator<E>;
  const Correlation& sum = stage.sum;
  const std::int64_t group = index / stage.blocks(), out = index % stage.blocks() * stage.width();
  const std::int64_t outs = std::min(stage.width(), sum.outs - out);
  const E* w = static_cast<const E*>(memory.w) + sum.w.at + group * sum.w.group + out * sum.w.major;
  T* to = static_cast<T*>(memory.filters) + index * sum.rows() * stage.width();
  if (outs < stage.width()) clear(to, sum.rows() * stage.width());
  if (stage.dense_filters) {
    return turn<E, T>({w, sum.w.major, 1, outs, sum.rows(), to, 1, stage.width()});
  }
  const std::array<Axis, 3>& axes = sum.axes;
  for (std::int64_t row = 0; row < sum.rows(); row += axes[2].taps) {
    std::int64_t rest = row / axes[2].taps;
    const std::int64_t t1 = rest % axes[1].taps;
    rest /= axes[1].taps;
    const E* from =
        w + rest / axes[0].taps * sum.w.minor + rest % axes[0].taps * axes[0].w + t1 * axes[1].w;
    turn<E, T>({from, sum.w.major, axes[2].w, outs, axes[2].taps, to + row * stage.width(), 1,
                stage.width()});
  }
}

// The channels of one group of an image, padded with zeros.
template <class E>
void copy_padded(const PointsStage& stage, const E* image, Accumulator<E>* to) {
  const Correlation& sum = stage.sum;
  const Axis &outer = sum.axes[0], &middle = sum.axes[1], &inner = sum.axes[2];
  const std::int64_t length = stage.reach[2], rows = stage.reach[1];
  Span span{.length = length, .lo = 0, .hi = 0, .stride = inner.in};
  span.lo = std::clamp<std::int64_t>(-stage.lowest[2], 0, length);
  span.hi = std::clamp<std::int64_t>(inner.extent - stage.lowest[2], span.lo, length);
  const std::int64_t begin = std::clamp<std::int64_t>(-stage.lowest[1], 0, rows);
  const std::int64_t end = std::clamp<std::int64_t>(middle.extent - stage.lowest[1], begin, rows);
  for (std::int64_t b = 0; b < sum.ins; ++b) {
    for (std::int64_t i0 = 0; i0 < stage.reach[0]; ++i0, to += rows * length) {
      const std::int64_t at = stage.lowest[0] + i0;
      const bool there = at >= 0 && at < outer.extent;
      const std::int64_t first = there ? begin : rows, last = there ? end : rows;
      clear(to, first * length);
      clear(to + last * length, (rows - last) * length);
      if (first == last) continue;
      const E* from = image + b * sum.in.minor + at * outer.in +
                      (stage.lowest[1] + first) * middle.in + stage.lowest[2] * inner.in;
      copy_rows<E>({from, middle.in, last - first, to + first * length, length}, span);
    }
  }
}

// Sums of one block of outputs, to their rows.
template <class E>
void store_points(const PointsStage& stage, const Accumulator<E>* sums, std::int64_t outs, E* to) {
  const Correlation& sum = stage.sum;
  const std::array<Axis, 3>& axes = sum.axes;
  const bool rows = axes[1].out == axes[2].count * axes[2].out;
  const bool planes = rows && axes[0].out == axes[1].count * axes[1].out;
  const std::int64_t length =
      axes[2].count * (rows ? axes[1].count : 1) * (planes ? axes[0].count : 1);
  for (std::int64_t at = 0; at < sum.positions(); at += length) {
    const std::int64_t row = at / axes[2].count;
    E* first = to + row / axes[1].count * axes[0].out + row % axes[1].count * axes[1].out;
    turn<Accumulator<E>, E>({sums + at * stage.width(), stage.width(), 1, length, outs, first,
                             axes[2].out, sum.out.minor});
  }
}

template <class E>
void points_task(const PointsStage& stage, std::int64_t index, const PointsMemory& memory) {
  using T = Accumulator<E>;
  const Correlation& sum = stage.sum;
  const std::int64_t first = index % stage.out_tasks() * stage.blocks_per_task;
  const std::int64_t last = std::min(first + stage.blocks_per_task, stage.blocks());
  index /= stage.out_tasks();
  const std::int64_t image = index % sum.images, group = index / sum.images;
  const E* in =
      static_cast<const E*>(memory.in) + sum.in.at + image * sum.in.major + group * sum.in.group;
  E* out = static_cast<E*>(memory.out) + sum.out.at + image * sum.out.major + group * sum.out.group;
  T* const padded = static_cast<T*>(memory.buffer);
  T* const sums = padded + stage.input_elements();
  PointsCall<T> call{.terms = sum.rows(), .in = padded, .offsets = memory.terms};
  if constexpr (std::is_same_v<E, T>) {
    if (stage.in_place) {
      call.in = in + stage.lowest[0] * stage.pitch[0] + stage.lowest[1] * stage.pitch[1] +
                stage.lowest[2] * stage.pitch[2];
    }
  }
  if (!stage.in_place) copy_padded(stage, in, padded);
  const std::int64_t points = stage.vectors == 1 ? kPointsOfOne : kPointsOfTwo;
  const auto multiply = stage.vectors == 1 ? &multiply_points<kPointsOfOne, 1, T>
                                           : &multiply_points<kPointsOfTwo, 2, T>;
  for (std::int64_t block = first; block < last; ++block) {
    call.filters = static_cast<const T*>(memory.filters) +
                   (group * stage.blocks() + block) * sum.rows() * stage.width();
    for (std::int64_t q = 0; q < sum.positions(); q += points) {
      call.count = std::min(points, sum.positions() - q);
      call.points = memory.points + q;
      call.c = sums + q * stage.width();
      multiply(call);
    }
    const std::int64_t at = block * stage.width();
    store_points<E>(stage, sums, std::min(stage.width(), sum.outs - at), out + at * sum.out.minor);
  }
}

template <class E>
void pack_or_run(const PointsStage& stage, std::int64_t index, const PointsMemory& memory,
                 bool pack) {
  pack ? pack_filters_of_points<E>(stage, index, memory) : points_task<E>(stage, index, memory);
}

void points_f32(const PointsStage& stage, std::int64_t index, const PointsMemory& memory,
                bool pack) {
  pack_or_run<float>(stage, index, memory, pack);
}
void points_f64(const PointsStage& stage, std::int64_t index, const PointsMemory& memory,
                bool pack) {
  pack_or_run<double>(stage, index, memory, pack);
}
void points_f16(const PointsStage& stage, std::int64_t index, const PointsMemory& memory,
                bool pack) {
  pack_or_run<F16>(stage, index, memory, pack);
}
void points_bf16(const PointsStage& stage, std::int64_t index, const PointsMemory& memory,
                 bool pack) {
  pack_or_run<Bf16>(stage, index, memory, pack);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convcheck::cpu::direct {
namespace {

HWY_EXPORT(points_f32);
HWY_EXPORT(points_f64);
HWY_EXPORT(points_f16);
HWY_EXPORT(points_bf16);

void dispatch(const PointsStage& stage, std::int64_t index, const PointsMemory& memory, bool pack) {
  switch (memory.type) {
    case DataType::F64:
      return HWY_DYNAMIC_DISPATCH(points_f64)(stage, index, memory, pack);
    case DataType::F32:
      return HWY_DYNAMIC_DISPATCH(points_f32)(stage, index, memory, pack);
    case DataType::F16:
      return HWY_DYNAMIC_DISPATCH(points_f16)(stage, index, memory, pack);
    default:
      return HWY_DYNAMIC_DISPATCH(points_bf16)(stage, index, memory, pack);
  }
}

}  // namespace

void pack_points_filters(const PointsStage& stage, std::int64_t index, const PointsMemory& memory) {
  dispatch(stage, index, memory, true);
}
void run_points_task(const PointsStage& stage, std::int64_t index, const PointsMemory& memory) {
  dispatch(stage, index, memory, false);
}

}  // namespace convcheck::cpu::direct
#endif  // HWY_ONCE
