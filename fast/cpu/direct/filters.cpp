#include "fast/cpu/direct/filters.h"

#include <algorithm>

#include "fast/cpu/direct/element.h"
#include "fast/cpu/direct/segments.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kOutsAtOnce = 64;  // a multiple of the height of every panel

// Calls visit(offset) for the filters' elements of gathered rows, in order.
template <class Visit>
void for_each_row(const Correlation& sum, std::int64_t ins_at_once, const Range& rows,
                  const Visit& visit) {
  for_each_segment(sum.ins, sum.taps(), ins_at_once, rows, [&](const Segment& segment) {
    const std::int64_t at = sum.filter_offset(segment.tap);
    for (std::int64_t b = segment.ins.begin; b < segment.ins.end; ++b) visit(at + b * sum.w.minor);
  });
}

// One panel of rows, `height` outputs side by side. `from` is the first one's first number. What
// as many rows as these need from `next` on comes near, since the processor does not see that far.
template <int kHeight, class E>
void pack_panel(const Stage& stage, const Range& rows, const E* from, const E* next,
                Accumulator<E>* to) {
  constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(E));
  std::int64_t line = 0;
  const std::int64_t end = next == nullptr ? 0 : rows.size();
  const auto visit = [&](std::int64_t at) {
    if (line < end) {
      for (int m = 0; m < kHeight; ++m)
        __builtin_prefetch(next + line + m * stage.sum.w.major, 0, 2);
      line += kLine;
    }
    for (int m = 0; m < kHeight; ++m) to[m] = widen(from[at + m * stage.sum.w.major]);
    to += kHeight;
  };
  if (!stage.from_slab) return for_each_row(stage.sum, stage.ins_at_once, rows, visit);
  for_each_row_of_slab(stage.sum, rows, [&](std::int64_t b, std::int64_t tap) {
    visit(b * stage.sum.w.minor + stage.sum.filter_offset(tap));
  });
}

template <class E>
void pack_any(std::int64_t height, const Stage& stage, const Range& rows, const E* from,
              const E* next, Accumulator<E>* to) {
  switch (height) {
    case 1:
      return pack_panel<1>(stage, rows, from, next, to);
    case 2:
      return pack_panel<2>(stage, rows, from, next, to);
    case 4:
      return pack_panel<4>(stage, rows, from, next, to);
    default:
      return pack_panel<8>(stage, rows, from, next, to);
  }
}

template <class E>
const E* filters_of(const Stage& stage, std::int64_t group, std::int64_t out, const void* weights) {
  const Strides3& w = stage.sum.w;
  return static_cast<const E*>(weights) + w.at + (stage.group + group) * w.group +
         (stage.out + out) * w.major;
}

// Outputs out .. out + height - 1 of `outs` that are packed side by side, and one block's rows.
template <class E>
void pack_panel_of_block(const Stage& stage, const Range& rows, const E* from, std::int64_t out,
                         std::int64_t height, std::int64_t outs, Accumulator<E>* to) {
  const bool dense = stage.sum.w.minor == stage.sum.taps();
  stage.for_each_piece(rows, [&](const Range& piece) {
    const std::int64_t later = piece.begin + rows.size();
    pack_any(height, stage, piece, from, dense && later < stage.sum.rows() ? from + later : nullptr,
             to + (piece.begin - rows.begin) * outs + out * piece.size());
  });
}

// Panel after panel: what stands side by side in memory but not in rows comes from far away once.
template <class E>
void pack(const Stage& stage, std::int64_t index, const void* weights, void* packed) {
  const std::int64_t pieces = ceil_div(stage.outs, kOutsAtOnce);
  const std::int64_t group = index / pieces, out = index % pieces * kOutsAtOnce;
  Accumulator<E>* to =
      static_cast<Accumulator<E>*>(packed) + stage.filters_at + group * stage.filters_of_group();
  for_each_panel(std::min(kOutsAtOnce, stage.outs - out), stage.panel_height(),
                 [&](std::int64_t first, std::int64_t height) {
                   const E* from = filters_of<E>(stage, group, out + first, weights);
                   for (std::int64_t block = 0; block < stage.in_blocks(); ++block) {
                     const Range rows = stage.rows_of_block(block);
                     pack_panel_of_block(stage, rows, from, out + first, height, stage.outs,
                                         to + rows.begin * stage.outs);
                   }
                 });
}

template <class E>
void pack(const Stage& stage, const FilterBlock& block, const void* weights, void* packed) {
  for_each_panel(
      block.outs.size(), stage.panel_height(), [&](std::int64_t first, std::int64_t height) {
        pack_panel_of_block(stage, block.rows,
                            filters_of<E>(stage, block.group, block.outs.begin + first, weights),
                            first, height, block.outs.size(), static_cast<Accumulator<E>*>(packed));
      });
}

template <class What>
void pack_typed(const Stage& stage, const What& what, DataType type, const void* weights,
                void* packed) {
  switch (type) {
    case DataType::F64:
      return pack<double>(stage, what, weights, packed);
    case DataType::F32:
      return pack<float>(stage, what, weights, packed);
    case DataType::F16:
      return pack<F16>(stage, what, weights, packed);
    default:
      return pack<Bf16>(stage, what, weights, packed);
  }
}

}  // namespace

std::int64_t packing_tasks(const Stage& stage) {
  if (stage.filters_in_place) return 1;  // the offsets
  return stage.packs_filters ? 0 : stage.groups * ceil_div(stage.outs, kOutsAtOnce);
}

void pack_filters(const Stage& stage, std::int64_t index, DataType type, const void* weights,
                  void* packed) {
  if (!stage.filters_in_place) pack_typed(stage, index, type, weights, packed);
}

void pack_block(const Stage& stage, const FilterBlock& block, DataType type, const void* weights,
                void* packed) {
  pack_typed(stage, block, type, weights, packed);
}

}  // namespace convcheck::cpu::direct
