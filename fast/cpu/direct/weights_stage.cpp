#include <algorithm>

#include "fast/cpu/direct/weights_block.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kMostOuts = 64;        // of a block, in the second cache ...
constexpr std::int64_t kMostRows = 128;       // ... with so many gathered rows or
constexpr std::int64_t kMostInputs = 32;      // with the slab of so many channels
constexpr std::int64_t kSlabElements = 1536;  // of a channel
constexpr std::int64_t kLeastOuts = 16;       // that a block is not made smaller than
constexpr std::int64_t kLeastRows = 24;
constexpr std::int64_t kTasks = 16;  // enough for a few threads
constexpr std::int64_t kMostParts = 16;
constexpr std::int64_t kMostPartElements = 1 << 20;

// In units of one multiplication of vectors, for one row, output and vector of positions, measured
// on Zen 4.
constexpr double kGather = 7;  // a vector of a gathered row
constexpr double kCopy = 4;    // a vector of a slab
constexpr double kReduce = 4;  // adding up the lanes of a sum
constexpr double kLanes = 16;

double columns_cost(const WeightsStage& stage) {
  const auto outs = static_cast<double>(stage.outs_per_task);
  const auto length = static_cast<double>(std::min(stage.positions(), kPositionsAtOnce));
  return 1 + kGather / outs + kReduce * kLanes / length;
}

double slab_cost(const WeightsStage& stage) {
  const Slab& slab = stage.slab;
  const auto rows = static_cast<double>(stage.rows_per_task());
  const auto outs = static_cast<double>(stage.outs_per_task);
  const auto block = static_cast<double>(slab.positions(slab.axes[slab.cut].count));
  const double waste = block * static_cast<double>(slab.blocks(stage.sum)) /
                       static_cast<double>(stage.sum.positions());
  const auto copied = static_cast<double>(stage.ins_per_task * slab.channel()) / block + outs;
  return waste * (1 + kCopy * copied / (rows * outs) + kReduce * kLanes / block);
}

template <class E>
void add_parts(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  using T = Accumulator<E>;
  const std::int64_t size = stage.block_elements();
  T* const sums = static_cast<T*>(memory.parts) + index * stage.parts * size;
  for (std::int64_t part = 1; part < stage.parts; ++part) {
    for (std::int64_t i = 0; i < size; ++i) sums[i] += sums[part * size + i];
  }
  WeightsBlock(stage, index).write<E>(sums, stage.outs_per_task, memory.w);
}

}  // namespace

WeightsStage WeightsStage::of(const Correlation& sum, DataType) {
  WeightsStage stage{.sum = sum, .outs_per_task = std::min(sum.outs, kMostOuts)};
  Correlation channel = sum;
  channel.ins = 1;
  stage.slab = Slab(channel, kSlabElements);
  stage.ins_per_task = std::min(sum.ins, kMostInputs);
  stage.from_slab = stage.slab.channel() <= 4 * kSlabElements;
  const double cost = slab_cost(stage);
  const std::int64_t taps = sum.taps();
  const std::int64_t gathered = std::clamp<std::int64_t>(kMostRows / taps, 1, sum.ins);
  if (!stage.from_slab || columns_cost(stage) <= cost) {
    stage.from_slab = false;
    stage.ins_per_task = gathered;
  }
  const auto halve = [&](std::int64_t& block, std::int64_t least) {
    if (stage.tasks() >= kTasks || block < 2 * least) return false;
    block = ceil_div(block, 2);
    return true;
  };
  while (halve(stage.ins_per_task, ceil_div(kLeastRows, taps)) ||
         halve(stage.outs_per_task, kLeastOuts)) {
  }
  if (stage.tasks() < kTasks) {
    stage.parts = std::min({kMostParts, stage.pieces(), ceil_div(kTasks, stage.tasks()),
                            kMostPartElements / stage.block_elements() / stage.blocks() + 1});
  }
  return stage;
}

std::int64_t WeightsStage::out_pitch() const {
  if (!from_slab) return kColumnsPitch;
  const std::int64_t span = slab.plane() / slab.axes[slab.cut].length() * slab.axes[slab.cut].count;
  return ceil_div(span + kSlack, 32) * 32 + 16;
}

std::int64_t WeightsStage::in_elements() const {
  const std::int64_t elements =
      from_slab ? ins_per_task * slab.channel() + kSlack : rows_per_task() * kColumnsPitch;
  return ceil_div(elements, 16) * 16;
}

std::size_t WeightsStage::worker_bytes(std::size_t bytes) const {
  const std::int64_t offsets = ceil_div(rows_per_task(), 8) * 64;
  const std::int64_t sums = parts > 1 ? 0 : block_elements();
  const auto elements =
      static_cast<std::size_t>(outs_per_task * out_pitch() + in_elements() + sums);
  return (static_cast<std::size_t>(offsets) + elements * bytes + 63) / 64 * 64;
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
