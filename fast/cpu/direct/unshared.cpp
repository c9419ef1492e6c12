#include "fast/cpu/direct/unshared.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/direct/unshared.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/dot-inl.h"
#include "fast/cpu/direct/region-inl.h"
#include "fast/cpu/direct/tile-inl.h"
#include "fast/cpu/direct/unshared_images-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// Positions of a row in tiles: visit(first element, vectors).
template <class Visit>
void for_each_tile(const UnsharedStage& stage, std::int64_t rows, const Visit& visit) {
  const std::int64_t width = stage.shape.lanes * stage.shape.vectors;
  for (std::int64_t at = 0; at < rows; at += width) {
    visit(at, static_cast<int>(ceil_div(std::min(width, rows - at), stage.shape.lanes)));
  }
}

// Few images: each with some rows of filters at a time, which are read as fast as they come.
template <class T>
void multiply_columns(DotCall<T> call, std::int64_t outs, std::int64_t images) {
  const T* const filters = call.a;
  T* const sums = call.c;
  for (std::int64_t k = 0; k < outs;) {
    const bool whole = k + kDotRows <= outs;
    call.a = filters + k * call.a_stride;
    for (std::int64_t n = 0; n < images; ++n) {
      call.c = sums + n * call.c_stride + k;
      whole ? dot_tile<kDotRows, 1>(call) : dot_tile<1, 1>(call);
      ++call.offsets;
    }
    call.offsets -= images;
    k += whole ? kDotRows : 1;
  }
}

template <class E>
void region_forward(const Region<E>& region, const std::array<std::int64_t, 3>& q) {
  using T = Accumulator<E>;
  const UnsharedStage& stage = region.stage;
  const T* filters = region.filters;
  std::int64_t filter_pitch = stage.pitch();
  if constexpr (std::is_same_v<E, T>) {
    if (stage.in_place) {
      filters = region.filters_at(q);
      filter_pitch = stage.sum.w.major;
    }
  }
  if (!stage.in_place) region.gather_filters(region.filters_at(q), region.outs);
  for (std::int64_t n = 0; n < stage.sum.images; n += stage.images_per_task) {
    const std::int64_t count = std::min(stage.images_per_task, stage.sum.images - n);
    region.gather_columns(q, n, count);
    region.set_offsets(count, stage.pitch());
    clear(region.factors, count * region.outs);
    multiply_columns<T>({region.rows(), filters, filter_pitch, region.columns, region.offsets,
                         region.factors, region.outs},
                        region.outs, count);
    for (std::int64_t i = 0; i < count; ++i) {
      E* to = region.output_at(q, n + i);
      for (std::int64_t k = 0; k < region.outs; ++k) {
        to[k * stage.sum.out.minor] = narrow<E>(region.factors[i * region.outs + k]);
      }
    }
  }
}

// y of some images as the micro-kernel reads filters: panels of outputs, each images x height.
template <class E>
void pack_outputs(const Region<E>& region, const std::array<std::int64_t, 3>& q, std::int64_t first,
                  std::int64_t count) {
  for_each_panel(region.outs, region.stage.shape.filters,
                 [&](std::int64_t out, std::int64_t height) {
                   for (std::int64_t n = 0; n < count; ++n) {
                     const E* from = region.output_at(q, first + n);
                     for (std::int64_t m = 0; m < height; ++m) {
                       region.factors[out * count + n * height + m] =
                           widen(from[(out + m) * region.sum.out.minor]);
                     }
                   }
                 });
}

template <class E>
void region_weights(const Region<E>& region, const std::array<std::int64_t, 3>& q) {
  using T = Accumulator<E>;
  const UnsharedStage& stage = region.stage;
  E* const home = region.filters_at(q);
  T* sums = region.filters;
  std::int64_t pitch = stage.pitch();
  if constexpr (std::is_same_v<E, T>) {
    if (stage.in_place) {
      sums = home;
      pitch = stage.sum.w.major;
    }
  }
  for (std::int64_t n = 0; n < stage.sum.images; n += stage.images_per_task) {
    const std::int64_t count = std::min(stage.images_per_task, stage.sum.images - n);
    region.gather_columns(q, n, count);
    region.set_offsets(count, stage.pitch());
    pack_outputs(region, q, n, count);
    for_each_panel(region.outs, stage.shape.filters, [&](std::int64_t out, std::int64_t height) {
      for_each_tile(stage, region.rows(), [&](std::int64_t at, int vectors) {
        tile_function<T>(static_cast<int>(height),
                         vectors)({count, region.factors + out * count, region.columns + at,
                                   region.offsets, sums + out * pitch + at, pitch, n > 0});
      });
    });
  }
  if (stage.in_place) return;
  for (std::int64_t k = 0; k < region.outs; ++k) {
    region.for_each_filter([&](std::int64_t row, std::int64_t at) {
      home[k * stage.sum.w.major + at] = narrow<E>(sums[k * pitch + row]);
    });
  }
}

// y of some outputs with the images side by side: panels of images, each outputs x height.
template <class T>
void pack_images(const Region<T>& region, const std::array<std::int64_t, 3>& q, std::int64_t first,
                 std::int64_t count, std::int64_t out, std::int64_t outs) {
  for_each_panel(count, region.stage.shape.filters, [&](std::int64_t n, std::int64_t height) {
    for (std::int64_t m = 0; m < height; ++m) {
      const T* from = region.output_at(q, first + n + m) + out * region.sum.out.minor;
      for (std::int64_t k = 0; k < outs; ++k) {
        region.factors[n * outs + k * height + m] = from[k * region.sum.out.minor];
      }
    }
  });
}

// Adds what one region gives to the inputs of images first .. first + count - 1. The columns are
// written before they are brought home.
template <class T>
void region_inputs(Region<T> region, const std::array<std::int64_t, 3>& q, std::int64_t first,
                   std::int64_t count) {
  const UnsharedStage& stage = region.stage;
  const Correlation& sum = stage.sum;
  for (std::int64_t out = 0; out < sum.outs; out += stage.outs_per_task) {
    region.outs = std::min(stage.outs_per_task, sum.outs - out);
    const T* filters = region.filters_at(q) + out * sum.w.major;
    if (!stage.in_place) region.gather_filters(filters, region.outs);
    region.set_offsets(region.outs, stage.in_place ? sum.w.major : stage.pitch());
    if (!stage.in_place) filters = region.filters;
    pack_images(region, q, first, count, out, region.outs);
    for_each_panel(count, stage.shape.filters, [&](std::int64_t n, std::int64_t height) {
      for_each_tile(stage, region.rows(), [&](std::int64_t at, int vectors) {
        tile_function<T>(static_cast<int>(height), vectors)(
            {region.outs, region.factors + n * region.outs, filters + at, region.offsets,
             region.columns + n * stage.pitch() + at, stage.pitch(), out > 0});
      });
    });
  }
  for_each_tap_inside(sum, q, [&](std::int64_t tap, std::int64_t at) {
    for (std::int64_t n = 0; n < count; ++n) {
      T* to = region.x + (first + n) * sum.in.major + at;
      const T* from = region.columns + n * stage.pitch() + tap;
      for (std::int64_t b = 0; b < region.ins; ++b) to[b * sum.in.minor] += from[b * sum.taps()];
    }
  });
}

template <class T>
void clear_inputs(const Region<T>& region, std::int64_t image) {
  const std::array<Axis, 3>& axes = region.sum.axes;
  for (std::int64_t b = 0; b < region.ins; ++b) {
    T* to = region.x + image * region.sum.in.major + b * region.sum.in.minor;
    for (std::int64_t i0 = 0; i0 < axes[0].extent; ++i0) {
      for (std::int64_t i1 = 0; i1 < axes[1].extent; ++i1) {
        T* row = to + i0 * axes[0].in + i1 * axes[1].in;
        for (std::int64_t i2 = 0; i2 < axes[2].extent; ++i2) row[i2 * axes[2].in] = 0;
      }
    }
  }
}

template <class T>
void inputs_task(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  const std::int64_t image = index % stage.image_tasks() * stage.images_per_task;
  index /= stage.image_tasks();
  const std::int64_t in = index % stage.in_tasks() * stage.ins_per_task;
  const Region<T> region(stage, memory, index / stage.in_tasks(), 0, in);
  const std::int64_t count = std::min(stage.images_per_task, stage.sum.images - image);
  for (std::int64_t n = 0; n < count; ++n) clear_inputs(region, image + n);
  for (std::int64_t q = 0; q < stage.regions(); ++q) {
    region_inputs(region, position(stage.sum, q), image, count);
  }
}

template <class E>
void unshared_task(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  if (stage.direction == Direction::GradInputs) {
    if constexpr (std::is_same_v<E, Accumulator<E>>) inputs_task<E>(stage, index, memory);
    return;
  }
  const std::int64_t out = index % stage.out_tasks() * stage.outs_per_task;
  index /= stage.out_tasks();
  const std::int64_t first = index % stage.region_tasks() * stage.regions_per_task;
  const std::int64_t end = std::min(first + stage.regions_per_task, stage.regions());
  const std::int64_t group = index / stage.region_tasks();
  const Region<E> region(stage, memory, group, out, 0);
  if (stage.turned.used()) return forward_by_images(region, group, {first, end}, memory);
  for (std::int64_t i = first; i < end; ++i) {
    const std::array<std::int64_t, 3> q = position(stage.sum, i);
    stage.direction == Direction::Forward ? region_forward(region, q) : region_weights(region, q);
  }
}

void turn_f32(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  turn_images<float>(stage, index, memory);
}
void unshared_f32(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  unshared_task<float>(stage, index, memory);
}
void turn_f64(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  turn_images<double>(stage, index, memory);
}
void unshared_f64(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  unshared_task<double>(stage, index, memory);
}
void turn_f16(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  turn_images<F16>(stage, index, memory);
}
void unshared_f16(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  unshared_task<F16>(stage, index, memory);
}
void turn_bf16(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  turn_images<Bf16>(stage, index, memory);
}
void unshared_bf16(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  unshared_task<Bf16>(stage, index, memory);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convcheck::cpu::direct {

HWY_EXPORT(turn_f32);
HWY_EXPORT(unshared_f32);
HWY_EXPORT(turn_f64);
HWY_EXPORT(unshared_f64);
HWY_EXPORT(turn_f16);
HWY_EXPORT(unshared_f16);
HWY_EXPORT(turn_bf16);
HWY_EXPORT(unshared_bf16);

void turn_task(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  switch (memory.type) {
    case DataType::F64:
      return HWY_DYNAMIC_DISPATCH(turn_f64)(stage, index, memory);
    case DataType::F32:
      return HWY_DYNAMIC_DISPATCH(turn_f32)(stage, index, memory);
    case DataType::F16:
      return HWY_DYNAMIC_DISPATCH(turn_f16)(stage, index, memory);
    default:
      return HWY_DYNAMIC_DISPATCH(turn_bf16)(stage, index, memory);
  }
}

void run_unshared_task(const UnsharedStage& stage, std::int64_t index,
                       const UnsharedMemory& memory) {
  switch (memory.type) {
    case DataType::F64:
      return HWY_DYNAMIC_DISPATCH(unshared_f64)(stage, index, memory);
    case DataType::F32:
      return HWY_DYNAMIC_DISPATCH(unshared_f32)(stage, index, memory);
    case DataType::F16:
      return HWY_DYNAMIC_DISPATCH(unshared_f16)(stage, index, memory);
    default:
      return HWY_DYNAMIC_DISPATCH(unshared_bf16)(stage, index, memory);
  }
}

}  // namespace convcheck::cpu::direct
#endif  // HWY_ONCE
