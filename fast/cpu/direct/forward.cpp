#include "fast/cpu/direct/forward.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/direct/forward.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/columns-inl.h"
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

// Some positions of all outputs of a task.
template <class E>
class ForwardTile {
 public:
  using T = Accumulator<E>;

  ForwardTile(const Stage& stage, const ForwardMemory& memory, std::int64_t group, Range outs)
      : stage_(stage),
        outs_(outs),
        images_{.data = static_cast<const E*>(memory.in) + stage.sum.in.at +
                        (stage.group + group) * stage.sum.in.group,
                .image = stage.sum.in.major,
                .channel = stage.sum.in.minor,
                .channels = stage.sum.ins,
                .axes = stage.sum.axes},
        out_(static_cast<E*>(memory.out) + stage.sum.out.at +
             (stage.group + group) * stage.sum.out.group +
             (stage.out + outs.begin) * stage.sum.out.minor),
        filters_(static_cast<const T*>(memory.filters) + stage.filters_at +
                 group * stage.filters_of_group() + outs.begin * stage.sum.rows()),
        panel_(static_cast<T*>(memory.buffer)),
        sums_(panel_ + kRowsAtOnce * stage.width()) {
    for (std::int64_t r = 0; r < kRowsAtOnce; ++r) offsets_[r] = r * stage.width();
  }

  void run(const Range& positions) {
    const Runs runs(stage_.sum.axes, positions.begin, positions.end);
    const std::int64_t width = stage_.width(), rows = stage_.sum.rows();
    in_place_ = writes_in_place(runs, positions.size());
    vectors_ = static_cast<int>(ceil_div(positions.size(), stage_.shape.lanes));
    std::int64_t row = 0;
    do {
      const std::int64_t end = std::min(row + kRowsAtOnce, rows);
      gather_rows<E>(images_, runs, row, end, {panel_, width, vectors_ * stage_.shape.lanes});
      multiply(runs, row, end);
      row = end;
    } while (row < rows);
    if (!in_place_) scatter(runs);
  }

 private:
  // Whole vectors, side by side in memory.
  bool writes_in_place(const Runs& runs, std::int64_t count) const {
    return std::is_same_v<E, T> && runs.size() == 1 && stage_.sum.axes[2].out == 1 &&
           count % stage_.shape.lanes == 0;
  }

  std::int64_t out_offset(const Run& run) const {
    const std::array<Axis, 3>& axes = stage_.sum.axes;
    return run.image * stage_.sum.out.major + run.q0 * axes[0].out + run.q1 * axes[1].out +
           run.q2 * axes[2].out;
  }

  void multiply(const Runs& runs, std::int64_t row, std::int64_t end) {
    TileCall<T> call{.rows = end - row, .b = panel_, .offsets = offsets_.data(), .add = row > 0};
    T* c = sums_;
    call.c_stride = stage_.width();
    if constexpr (std::is_same_v<E, T>) {
      if (in_place_) {
        c = out_ + out_offset(*runs.begin());
        call.c_stride = stage_.sum.out.minor;
      }
    }
    for_each_panel(outs_.size(), stage_.shape.filters,
                   [&](std::int64_t first, std::int64_t height) {
                     call.a = filters_ + first * stage_.sum.rows() + row * height;
                     call.c = c + first * call.c_stride;
                     tile_function<T>(static_cast<int>(height), vectors_)(call);
                   });
  }

  void scatter(const Runs& runs) const {
    const std::int64_t stride = stage_.sum.axes[2].out;
    for (const Run& run : runs) {
      E* to = out_ + out_offset(run);
      const T* from = sums_ + run.at;
      for (std::int64_t a = 0; a < outs_.size(); ++a) {
        if constexpr (std::is_same_v<E, T>) {
          if (stride == 1) copy_dense(from, run.length, to);
        }
        if (stride != 1 || !std::is_same_v<E, T>) {
          for (std::int64_t i = 0; i < run.length; ++i) to[i * stride] = narrow<E>(from[i]);
        }
        to += stage_.sum.out.minor;
        from += stage_.width();
      }
    }
  }

  const Stage& stage_;
  Range outs_;
  Images<E> images_;
  E* out_;
  const T* filters_;
  T *panel_, *sums_;
  std::array<std::int64_t, kRowsAtOnce> offsets_;
  bool in_place_ = false;
  int vectors_ = 1;
};

template <class E>
void forward_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  const std::int64_t outs = index % stage.out_tasks() * stage.outs_per_task;
  index /= stage.out_tasks();
  const std::int64_t tile = index % stage.position_tasks() * stage.tiles_per_task;
  const std::int64_t group = index / stage.position_tasks();
  ForwardTile<E> work(stage, memory, group,
                      {outs, std::min(outs + stage.outs_per_task, stage.outs)});
  const std::int64_t last = std::min(tile + stage.tiles_per_task, stage.tiles());
  for (std::int64_t t = tile; t < last; ++t) {
    work.run({t * stage.width(), std::min((t + 1) * stage.width(), stage.positions())});
  }
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

std::int64_t worker_elements(const Stage& stage) {
  return (kRowsAtOnce + stage.outs_per_task) * stage.width();
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
