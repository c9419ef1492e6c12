#include "fast/cpu/direct/filters.h"

#include <algorithm>

#include "fast/cpu/direct/element.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kOutsAtOnce = 64;  // a multiple of the height of every panel

// One panel, `height` outputs side by side. `from` is the first one's first number.
template <int kHeight, class E>
void pack_panel(const Correlation& sum, const E* from, Accumulator<E>* to) {
  const std::array<Axis, 3>& axes = sum.axes;
  for (std::int64_t t0 = 0; t0 < axes[0].taps; ++t0) {
    for (std::int64_t t1 = 0; t1 < axes[1].taps; ++t1) {
      for (std::int64_t t2 = 0; t2 < axes[2].taps; ++t2) {
        const E* at = from + t0 * axes[0].w + t1 * axes[1].w + t2 * axes[2].w;
        for (std::int64_t b = 0; b < sum.ins; ++b, at += sum.w.minor, to += kHeight) {
          for (int m = 0; m < kHeight; ++m) to[m] = widen(at[m * sum.w.major]);
        }
      }
    }
  }
}

template <class E>
void pack_any(std::int64_t height, const Correlation& sum, const E* from, Accumulator<E>* to) {
  switch (height) {
    case 1:
      return pack_panel<1>(sum, from, to);
    case 2:
      return pack_panel<2>(sum, from, to);
    case 4:
      return pack_panel<4>(sum, from, to);
    default:
      return pack_panel<8>(sum, from, to);
  }
}

template <class E>
void pack(const Stage& stage, std::int64_t index, const void* weights, void* packed) {
  const std::int64_t pieces = ceil_div(stage.outs, kOutsAtOnce);
  const std::int64_t group = index / pieces, out = index % pieces * kOutsAtOnce;
  const Correlation& sum = stage.sum;
  const E* from = static_cast<const E*>(weights) + sum.w.at + (stage.group + group) * sum.w.group +
                  (stage.out + out) * sum.w.major;
  Accumulator<E>* to = static_cast<Accumulator<E>*>(packed) + stage.filters_at +
                       group * stage.filters_of_group() + out * sum.rows();
  for_each_panel(std::min(kOutsAtOnce, stage.outs - out), stage.shape.filters,
                 [&](std::int64_t first, std::int64_t height) {
                   pack_any(height, sum, from + first * sum.w.major, to + first * sum.rows());
                 });
}

}  // namespace

std::int64_t packing_tasks(const Stage& stage) {
  return stage.groups * ceil_div(stage.outs, kOutsAtOnce);
}

void pack_filters(const Stage& stage, std::int64_t index, DataType type, const void* weights,
                  void* packed) {
  switch (type) {
    case DataType::F64:
      return pack<double>(stage, index, weights, packed);
    case DataType::F32:
      return pack<float>(stage, index, weights, packed);
    case DataType::F16:
      return pack<F16>(stage, index, weights, packed);
    default:
      return pack<Bf16>(stage, index, weights, packed);
  }
}

}  // namespace convcheck::cpu::direct
