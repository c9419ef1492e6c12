#include <algorithm>

#include "fast/cpu/direct/weights_block.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kMostOuts = 128, kMostRows = 96;   // of a block, in the second cache
constexpr std::int64_t kLeastOuts = 32, kLeastRows = 24;  // that a block is not made smaller than
constexpr std::int64_t kTasks = 16;                       // enough for a few threads
constexpr std::int64_t kMostParts = 16;

template <class E>
void add_parts(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  using T = Accumulator<E>;
  const std::int64_t size = stage.block_elements();
  T* const sums = static_cast<T*>(memory.parts) + index * stage.parts * size;
  for (std::int64_t part = 1; part < stage.parts; ++part) {
    for (std::int64_t i = 0; i < size; ++i) sums[i] += sums[part * size + i];
  }
  WeightsBlock(stage, index).write<E>(stage, sums, memory.w);
}

}  // namespace

WeightsStage WeightsStage::of(const Correlation& sum) {
  WeightsStage stage{.sum = sum,
                     .outs_per_task = std::min(sum.outs, kMostOuts),
                     .rows_per_task = std::min(sum.rows(), kMostRows)};
  const auto halve = [&](std::int64_t& block, std::int64_t least) {
    if (stage.tasks() >= kTasks || block < 2 * least) return false;
    block = ceil_div(block, 2);
    return true;
  };
  while (halve(stage.rows_per_task, kLeastRows) || halve(stage.outs_per_task, kLeastOuts)) {
  }
  if (stage.tasks() < kTasks) {
    stage.parts = std::min({kMostParts, stage.position_blocks(), ceil_div(kTasks, stage.tasks())});
  }
  return stage;
}

void add_weight_parts(const WeightsStage& stage, std::int64_t block, const WeightsMemory& memory) {
  switch (memory.type) {
    case DataType::F64:
      return add_parts<double>(stage, block, memory);
    case DataType::F32:
      return add_parts<float>(stage, block, memory);
    case DataType::F16:
      return add_parts<F16>(stage, block, memory);
    default:
      return add_parts<Bf16>(stage, block, memory);
  }
}

}  // namespace convcheck::cpu::direct
