#include "fast/cpu/direct/forward.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/direct/forward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/columns-inl.h"
#include "fast/cpu/direct/outputs-inl.h"
#include "fast/cpu/direct/slab-inl.h"
#include "fast/cpu/direct/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

template <class T>
TileShape shape_of() {
  return {.lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>())),
          .filters = kMostFilters,
          .vectors = kVectors,
          .few_filters = kFewFilters,
          .vectors_of_few = kVectorsOfFew};
}

TileShape shape_f32() { return shape_of<float>(); }
TileShape shape_f64() { return shape_of<double>(); }

template <class E>
Images<E> input_images(const Stage& stage, const ForwardMemory& memory, std::int64_t group) {
  return {.data = static_cast<const E*>(memory.in) + stage.sum.in.at +
                  (stage.group + group) * stage.sum.in.group,
          .image = stage.sum.in.major,
          .channel = stage.sum.in.minor,
          .channels = stage.sum.ins,
          .axes = stage.sum.axes};
}

// The rest of an index divided by `count`, which is left in `index`.
std::int64_t digit(std::int64_t& index, std::int64_t count) {
  const std::int64_t value = index % count;
  index /= count;
  return value;
}

Range task_outs(const Stage& stage, std::int64_t task) {
  const std::int64_t begin = task * stage.outs_per_task;
  return {begin, std::min(begin + stage.outs_per_task, stage.outs)};
}

// Tiles of positions, over all images; their rows are gathered for each tile.
template <class E>
void columns_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  using T = Accumulator<E>;
  const Range outs = task_outs(stage, digit(index, stage.out_tasks()));
  const std::int64_t first = digit(index, stage.position_tasks()) * stage.tiles_per_task;
  const Images<E> images = input_images<E>(stage, memory, index);
  const std::int64_t width = stage.width(), rows = stage.sum.rows(), lanes = stage.shape.lanes;
  T* const panel = static_cast<T*>(memory.buffer);
  Outputs<E> outputs(stage, memory, index, outs, panel + kRowsAtOnce * width);
  std::array<std::int64_t, kRowsAtOnce> offsets;
  for (std::int64_t r = 0; r < kRowsAtOnce; ++r) offsets[r] = r * width;
  const std::int64_t last = std::min(first + stage.tiles_per_task, stage.tiles());
  for (std::int64_t tile = first; tile < last; ++tile) {
    const std::int64_t begin = tile * width, end = std::min(begin + width, stage.positions());
    const Runs runs(stage.sum.axes, begin, end);
    const std::int64_t vectors = ceil_div(end - begin, lanes);
    outputs.begin(runs, static_cast<int>(vectors));
    std::int64_t row = 0;
    do {
      const std::int64_t row_end = std::min(row + kRowsAtOnce, rows);
      gather_rows<E>(images, runs, row, row_end, {panel, width, vectors * lanes});
      outputs.multiply(row, row_end - row, panel, offsets.data());
      row = row_end;
    } while (row < rows);
    outputs.end();
  }
}

// A block of one image, from a slab.
template <class E>
void slab_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  using T = Accumulator<E>;
  const Slab& slab = stage.slab;
  const Range outs = task_outs(stage, digit(index, stage.out_tasks()));
  const std::int64_t block = digit(index, slab.blocks(stage.sum)) * slab.axes[slab.cut].count;
  const std::int64_t image = digit(index, stage.sum.images);
  const Range range{block,
                    std::min(block + slab.axes[slab.cut].count, stage.sum.axes[slab.cut].count)};
  Images<E> images = input_images<E>(stage, memory, index);
  images.data += image * images.image;
  T* const sums = static_cast<T*>(memory.buffer);
  T* const copy = sums + stage.outs_per_task * stage.width();
  auto* const offsets = reinterpret_cast<std::int64_t*>(copy + stage.slab_elements());
  for (std::int64_t r = 0; r < stage.sum.rows(); ++r) offsets[r] = slab.offset(stage.sum, r);
  fill_slab<E>(images, slab, block, copy);
  Outputs<E> outputs(stage, memory, index, outs, sums);
  const std::int64_t positions = slab.positions(range.size());
  for (std::int64_t begin = 0; begin < positions; begin += stage.width()) {
    const std::int64_t end = std::min(begin + stage.width(), positions);
    const Runs runs(slab, image, range, begin, end);
    outputs.begin(runs, static_cast<int>(ceil_div(end - begin, stage.shape.lanes)));
    outputs.multiply(0, stage.sum.rows(), copy + begin, offsets);
    outputs.end();
  }
}

template <class E>
void forward_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  return stage.from_slab ? slab_task<E>(stage, index, memory)
                         : columns_task<E>(stage, index, memory);
}

void forward_f32(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  forward_task<float>(stage, index, memory);
}
void forward_f64(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  forward_task<double>(stage, index, memory);
}
void forward_f16(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  forward_task<F16>(stage, index, memory);
}
void forward_bf16(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  forward_task<Bf16>(stage, index, memory);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convcheck::cpu::direct {

HWY_EXPORT(shape_f32);
HWY_EXPORT(shape_f64);
HWY_EXPORT(forward_f32);
HWY_EXPORT(forward_f64);
HWY_EXPORT(forward_f16);
HWY_EXPORT(forward_bf16);

TileShape tile_shape(DataType accumulator) {
  return accumulator == DataType::F64 ? HWY_DYNAMIC_DISPATCH(shape_f64)()
                                      : HWY_DYNAMIC_DISPATCH(shape_f32)();
}

void run_forward_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  switch (memory.type) {
    case DataType::F64:
      return HWY_DYNAMIC_DISPATCH(forward_f64)(stage, index, memory);
    case DataType::F32:
      return HWY_DYNAMIC_DISPATCH(forward_f32)(stage, index, memory);
    case DataType::F16:
      return HWY_DYNAMIC_DISPATCH(forward_f16)(stage, index, memory);
    default:
      return HWY_DYNAMIC_DISPATCH(forward_bf16)(stage, index, memory);
  }
}

}  // namespace convcheck::cpu::direct
#endif  // HWY_ONCE
