#include "fast/cpu/direct/filters.h"

#include <algorithm>

#include "fast/cpu/direct/element.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kOutsAtOnce = 64;  // a multiple of the height of every panel

// Calls visit(offset) for the filters' elements of gathered rows, in order.
template <class Visit>
void for_each_row(const Correlation& sum, const Range& rows, const Visit& visit) {
  const std::array<Axis, 3>& axes = sum.axes;
  for (std::int64_t row = rows.begin; row < rows.end;) {
    const std::int64_t tap = row / sum.ins, first = row % sum.ins;
    const std::int64_t last = std::min(sum.ins, first + rows.end - row);
    const std::int64_t at = tap % axes[2].taps * axes[2].w +
                            tap / axes[2].taps % axes[1].taps * axes[1].w +
                            tap / axes[2].taps / axes[1].taps * axes[0].w;
    for (std::int64_t b = first; b < last; ++b) visit(at + b * sum.w.minor);
    row += last - first;
  }
}

// The same for a slab's rows, which are those of whole channels.
template <class Visit>
void for_each_row_of_slab(const Correlation& sum, const Range& rows, const Visit& visit) {
  const std::array<Axis, 3>& axes = sum.axes;
  for (std::int64_t b = rows.begin / sum.taps(); b * sum.taps() < rows.end; ++b) {
    for (std::int64_t t0 = 0; t0 < axes[0].taps; ++t0) {
      for (std::int64_t t1 = 0; t1 < axes[1].taps; ++t1) {
        for (std::int64_t t2 = 0; t2 < axes[2].taps; ++t2) {
          visit(b * sum.w.minor + t0 * axes[0].w + t1 * axes[1].w + t2 * axes[2].w);
        }
      }
    }
  }
}

// One panel of rows, `height` outputs side by side. `from` is the first one's first number.
template <int kHeight, class E>
void pack_panel(const Stage& stage, const Range& rows, const E* from, Accumulator<E>* to) {
  const auto visit = [&](std::int64_t at) {
    for (int m = 0; m < kHeight; ++m) to[m] = widen(from[at + m * stage.sum.w.major]);
    to += kHeight;
  };
  stage.from_slab ? for_each_row_of_slab(stage.sum, rows, visit)
                  : for_each_row(stage.sum, rows, visit);
}

template <class E>
void pack_any(std::int64_t height, const Stage& stage, const Range& rows, const E* from,
              Accumulator<E>* to) {
  switch (height) {
    case 1:
      return pack_panel<1>(stage, rows, from, to);
    case 2:
      return pack_panel<2>(stage, rows, from, to);
    case 4:
      return pack_panel<4>(stage, rows, from, to);
    default:
      return pack_panel<8>(stage, rows, from, to);
  }
}

template <class E>
void pack(const Stage& stage, std::int64_t index, const void* weights, void* packed) {
  const std::int64_t pieces = ceil_div(stage.outs, kOutsAtOnce);
  const std::int64_t group = index / pieces, out = index % pieces * kOutsAtOnce;
  const Correlation& sum = stage.sum;
  const E* from = static_cast<const E*>(weights) + sum.w.at + (stage.group + group) * sum.w.group +
                  (stage.out + out) * sum.w.major;
  Accumulator<E>* to =
      static_cast<Accumulator<E>*>(packed) + stage.filters_at + group * stage.filters_of_group();
  const std::int64_t at_once = stage.rows_at_once();
  // Panel after panel, whose taps stand side by side in memory but not in gathered rows: they come
  // from far away once.
  for_each_panel(std::min(kOutsAtOnce, stage.outs - out), stage.panel_height(),
                 [&](std::int64_t first, std::int64_t height) {
                   for (std::int64_t row = 0; row < sum.rows(); row += at_once) {
                     const Range rows{row, std::min(row + at_once, sum.rows())};
                     pack_any(height, stage, rows, from + first * sum.w.major,
                              to + row * stage.outs + (out + first) * rows.size());
                   }
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
