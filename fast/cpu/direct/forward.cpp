#include "fast/cpu/direct/forward.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/direct/forward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/columns_task-inl.h"
#include "fast/cpu/direct/outputs-inl.h"
#include "fast/cpu/direct/rows-inl.h"
#include "fast/cpu/direct/slab-inl.h"
#include "fast/cpu/direct/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

template <class T>
TileShape shape_of() {
  return {.lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>())),
          .bytes = sizeof(T),
          .filters = kMostFilters,
          .vectors = kVectors,
          .few_filters = kFewFilters,
          .vectors_of_few = kVectorsOfFew};
}

TileShape shape_f32() { return shape_of<float>(); }
TileShape shape_f64() { return shape_of<double>(); }

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

template <class E>
void columns_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  const Range outs = task_outs(stage, digit(index, stage.out_tasks()));
  std::int64_t tile = digit(index, stage.position_tasks()) * stage.tiles_per_task;
  const std::int64_t last = std::min(tile + stage.tiles_per_task, stage.tiles());
  Columns<E> columns(stage, index, outs, memory);
  while (tile < last) {
    for (; tile < last && !columns.full(); ++tile) {
      columns.add(tile);
    }
    columns.run();
  }
}

// A block of one image, and a slab for it.
template <class E>
struct Block {
  using T = Accumulator<E>;

  Range outs;  // of the group
  std::array<Range, 3> q;
  std::int64_t image = 0, group = 0;
  T* slab = nullptr;
  Images<E> images{};

  Block(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
    const Slab& of = stage.slab;
    outs = task_outs(stage, digit(index, stage.out_tasks()));
    for (std::size_t axis = 3; axis-- > 0;) {
      const std::int64_t count = stage.sum.axes[axis].count, size = of.axes[axis].count;
      const std::int64_t at = axis <= of.cut ? digit(index, ceil_div(count, size)) * size : 0;
      q[axis] = {at, std::min(at + size, count)};
    }
    image = digit(index, stage.sum.images);
    group = index;
    slab = static_cast<T*>(memory.buffer) + stage.sums_elements();
    images = input_images<E>(stage, memory, group);
    images.data += image * images.image;
  }

  const Block& fill(const Stage& stage) const {
    fill_slab<E>(images, stage.slab, {q[0].begin, q[1].begin, q[2].begin}, slab);
    return *this;
  }
};

// What the worker's next block will probably be made of, so that it comes near while this one is
// computed: of every channel, and of every position of the first axis, a piece of memory.
template <class T>
typename Outputs<T>::Fetch next_block(const Stage& stage, std::int64_t index,
                                      const ForwardMemory& memory) {
  const std::size_t cut = stage.slab.cut;
  const Axis& axis = stage.sum.axes[cut];
  index += memory.workers * stage.out_tasks();
  if (index >= stage.tasks() || axis.in <= 0) return {};
  const Block<T> next(stage, index, memory);
  const Range read = axis.inputs_of(next.q[cut]);
  const Range planes = cut == 1 ? stage.sum.axes[0].inputs_of(next.q[0]) : Range{0, 1};
  if (read.size() <= 0 || planes.size() <= 0) return {};
  constexpr std::int64_t kLine = Outputs<T>::kLine;
  const std::int64_t plane = stage.sum.axes[0].in;
  return {.from = next.images.data + read.begin * axis.in + planes.begin * plane,
          .step = kLine,
          .count = ceil_div(read.size() * axis.in, kLine),
          .next = next.images.channel,
          .times = stage.sum.ins,
          .far = plane,
          .more = planes.size() - 1};
}

template <class E>
void slab_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  using T = Accumulator<E>;
  const Block<E> block = Block<E>(stage, index, memory).fill(stage);
  Outputs<E> outputs(stage, memory, block.group, block.outs, static_cast<T*>(memory.buffer));
  const std::int64_t positions = stage.slab.positions(block.q[stage.slab.cut].size());
  if constexpr (std::is_same_v<E, T>) outputs.fetch(next_block<T>(stage, index, memory));
  // Where taps of the first axis may meet nothing but padding, no tile is of two of its outputs.
  const Axis& axis = stage.sum.axes[0];
  const std::int64_t unit = axis.taps > 1 && axis.count > 1
                                ? stage.slab.axes[1].length() * stage.slab.axes[2].length()
                                : positions;
  for (std::int64_t begin = 0; begin < positions;) {
    while (begin < positions && !outputs.full()) {
      const std::int64_t rest = unit - begin % unit;
      const std::int64_t end = std::min(begin + std::min(stage.width(), rest), positions);
      outputs.next().assign(stage.slab, block.image, block.q, begin, end);
      if (!outputs.next().all().empty()) {
        outputs.add(ceil_div(end - begin, stage.shape.lanes), block.slab + begin,
                    memory.offsets + stage.offsets_at);
      }
      begin = end;
    }
    stage.for_each_piece({0, stage.sum.rows()},
                         [&](const Range& piece) { outputs.multiply(piece, piece, 0); });
    outputs.finish();
  }
}

// The same, one filter at a time, from and to rows of outputs.
template <class T>
void rows_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  const Block<T> block = Block<T>(stage, index, memory).fill(stage);
  const Correlation& sum = stage.sum;
  const Slab& slab = stage.slab;
  const std::int64_t lanes = stage.shape.lanes, length = block.q[2].size();
  T* out = static_cast<T*>(memory.out) + sum.out.at + block.image * sum.out.major +
           (stage.group + block.group) * sum.out.group;
  for (std::size_t axis = 0; axis < 3; ++axis) out += block.q[axis].begin * sum.axes[axis].out;
  std::array<RowVector<T>, kRowVectors> vectors;
  for (std::int64_t a = block.outs.begin; a < block.outs.end; ++a) {
    const T* filter = static_cast<const T*>(memory.filters) + stage.filters_at +
                      block.group * stage.filters_of_group() + a * sum.rows();
    std::int64_t count = 0;
    const auto flush = [&] {
      multiply_some_rows(filter, sum.rows(), memory.offsets + stage.offsets_at, vectors.data(),
                         count);
      count = 0;
    };
    for (std::int64_t q0 = 0; q0 < block.q[0].size(); ++q0) {
      for (std::int64_t q1 = 0; q1 < block.q[1].size(); ++q1) {
        const T* b = block.slab + (q0 * slab.axes[1].length() + q1) * slab.axes[2].length();
        T* c = out + (stage.out + a) * sum.out.minor + q0 * sum.axes[0].out + q1 * sum.axes[1].out;
        for (std::int64_t at = 0; at < length; at += lanes) {
          // The last vector ends where the row ends: some sums are there twice, with the same bits.
          const std::int64_t q2 = std::min(at, std::max<std::int64_t>(length - lanes, 0));
          vectors[count++] = {b + q2, c + q2, std::min(lanes, length - q2)};
          if (count == kRowVectors) flush();
        }
      }
    }
    flush();
  }
}

template <class E>
void forward_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  if constexpr (std::is_same_v<E, Accumulator<E>>) {
    if (stage.by_rows) return rows_task<E>(stage, index, memory);
  }
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
void gather_f32(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  gather_task<float>(stage, index, memory);
}
void gather_f64(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  gather_task<double>(stage, index, memory);
}
void gather_f16(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  gather_task<F16>(stage, index, memory);
}
void gather_bf16(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  gather_task<Bf16>(stage, index, memory);
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
HWY_EXPORT(gather_f32);
HWY_EXPORT(gather_f64);
HWY_EXPORT(gather_f16);
HWY_EXPORT(gather_bf16);

TileShape tile_shape(DataType accumulator) {
  return accumulator == DataType::F64 ? HWY_DYNAMIC_DISPATCH(shape_f64)()
                                      : HWY_DYNAMIC_DISPATCH(shape_f32)();
}

void gather_shared_columns(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  switch (memory.type) {
    case DataType::F64:
      return HWY_DYNAMIC_DISPATCH(gather_f64)(stage, index, memory);
    case DataType::F32:
      return HWY_DYNAMIC_DISPATCH(gather_f32)(stage, index, memory);
    case DataType::F16:
      return HWY_DYNAMIC_DISPATCH(gather_f16)(stage, index, memory);
    default:
      return HWY_DYNAMIC_DISPATCH(gather_bf16)(stage, index, memory);
  }
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
