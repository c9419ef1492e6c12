#include "fast/cpu/direct/weights.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/direct/weights.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/columns-inl.h"
#include "fast/cpu/direct/dot-inl.h"
#include "fast/cpu/direct/weights_block.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// The output of a group as images whose column matrix is itself.
template <class E>
Images<E> output_images(const Correlation& sum, const void* out, std::int64_t group) {
  Images<E> images{.data = static_cast<const E*>(out) + sum.out.at + group * sum.out.group,
                   .image = sum.out.major,
                   .channel = sum.out.minor,
                   .channels = sum.outs,
                   .axes = {}};
  for (int axis = 0; axis < 3; ++axis) {
    const Axis& from = sum.axes[axis];
    images.axes[axis] = {.count = from.count, .extent = from.count, .in = from.out};
  }
  return images;
}

template <class E>
void weights_task(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  using T = Accumulator<E>;
  const WeightsBlock block(stage, index / stage.parts);
  const std::int64_t part = index % stage.parts;
  const Correlation& sum = stage.sum;
  const Images<E> outputs = output_images<E>(sum, memory.out, block.group);
  const Images<E> inputs{
      .data = static_cast<const E*>(memory.in) + sum.in.at + block.group * sum.in.group,
      .image = sum.in.major,
      .channel = sum.in.minor,
      .channels = sum.ins,
      .axes = sum.axes};
  T* const a = static_cast<T*>(memory.buffer);
  T* const b = a + stage.outs_per_task * kPositionsAtOnce;
  T* const c = stage.parts > 1 ? static_cast<T*>(memory.parts) + index * stage.block_elements()
                               : b + stage.rows_per_task * kPositionsAtOnce;
  clear(c, stage.block_elements());
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const std::int64_t blocks = stage.position_blocks();
  Runs<kPositionsAtOnce> runs;
  for (std::int64_t i = blocks * part / stage.parts; i < blocks * (part + 1) / stage.parts; ++i) {
    const std::int64_t begin = i * kPositionsAtOnce;
    const std::int64_t end = std::min(begin + kPositionsAtOnce, stage.positions());
    const std::int64_t length = ceil_div(end - begin, lanes) * lanes;
    runs.assign(sum.axes, begin, end);
    gather_rows<E>(outputs, runs.all(), block.outs.begin, block.outs.end,
                   {a, kPositionsAtOnce, length});
    gather_rows<E>(inputs, runs.all(), block.rows.begin, block.rows.end,
                   {b, kPositionsAtOnce, length});
    multiply_rows<T>({length, kPositionsAtOnce, a, b, c, stage.rows_per_task}, block.outs.size(),
                     block.rows.size());
  }
  if (stage.parts == 1) block.write<E>(stage, c, memory.w);
}

void weights_f32(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  weights_task<float>(stage, index, memory);
}
void weights_f64(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  weights_task<double>(stage, index, memory);
}
void weights_f16(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  weights_task<F16>(stage, index, memory);
}
void weights_bf16(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  weights_task<Bf16>(stage, index, memory);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convcheck::cpu::direct {

HWY_EXPORT(weights_f32);
HWY_EXPORT(weights_f64);
HWY_EXPORT(weights_f16);
HWY_EXPORT(weights_bf16);

void run_weights_task(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  switch (memory.type) {
    case DataType::F64:
      return HWY_DYNAMIC_DISPATCH(weights_f64)(stage, index, memory);
    case DataType::F32:
      return HWY_DYNAMIC_DISPATCH(weights_f32)(stage, index, memory);
    case DataType::F16:
      return HWY_DYNAMIC_DISPATCH(weights_f16)(stage, index, memory);
    default:
      return HWY_DYNAMIC_DISPATCH(weights_bf16)(stage, index, memory);
  }
}

}  // namespace convcheck::cpu::direct
#endif  // HWY_ONCE
