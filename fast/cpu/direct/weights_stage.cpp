#include <algorithm>

#include "fast/cpu/direct/weights_block.h"

namespace convcheck::cpu::direct {
namespace {

// Of a block, so that what is multiplied fits in the second cache.
constexpr std::int64_t kMostOuts = 64, kMostInputs = 32;
constexpr std::int64_t kSlabPositions = 800, kSlabElements = 48 << 10;
constexpr std::int64_t kMostOutsOfColumns = 128;

constexpr std::int64_t kLeastOuts = 16, kLeastRows = 24;  // that a block is not made smaller than
constexpr std::int64_t kTasks = 16;                       // enough for a few threads
constexpr std::int64_t kMostPartElements = 1 << 20;

// In units of one multiplication of vectors of f32, measured on Zen 4.
constexpr double kLanes = 16;
constexpr double kGather = 7;     // a vector of a gathered row
constexpr double kCopy = 4;       // a vector of a slab
constexpr double kElement = 1.2;  // an element of either that is not copied by vectors
constexpr double kReduce = 4;     // adding up the lanes of a sum

bool is_dense(const Correlation& sum, DataType type) {
  const bool same = type == DataType::F32 || type == DataType::F64;
  return same && sum.axes[2].in * sum.axes[2].step == 1;
}

// For one row, output and vector of positions.
double columns_cost(const WeightsStage& stage, DataType type) {
  const auto outs = static_cast<double>(stage.outs_per_task);
  const auto length = static_cast<double>(std::min(stage.positions(), kPositionsAtOnce));
  const double gather = is_dense(stage.sum, type) ? kGather : kElement * kLanes;
  return 1 + gather / outs + kReduce * kLanes / length;
}

double slab_cost(const WeightsStage& stage, DataType type) {
  const Slab& slab = stage.slab;
  const auto rows = static_cast<double>(stage.rows_per_task());
  const auto outs = static_cast<double>(stage.outs_per_task);
  const auto block = static_cast<double>(slab.positions(slab.axes[slab.cut].count));
  const double waste = block * static_cast<double>(slab.blocks(stage.sum)) /
                       static_cast<double>(stage.sum.positions());
  const auto inputs = static_cast<double>(stage.ins_per_task * slab.channel()) / block;
  const double copy = is_dense(stage.sum, type) ? kCopy : kElement * kLanes;
  return waste * (1 + (copy * inputs + kCopy * outs) / (rows * outs) + kReduce * kLanes / block);
}

template <class E>
void add_parts(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  using T = Accumulator<E>;
  const std::int64_t size = stage.block_elements();
  T* const sums = static_cast<T*>(memory.parts) + index * stage.parts * size;
  for (std::int64_t part = 1; part < stage.parts; ++part) {
    for (std::int64_t i = 0; i < size; ++i) sums[i] += sums[part * size + i];
  }
  WeightsBlock(stage, index).write<E>(sums, memory.w);
}

}  // namespace

// Rows of a call that needs no slab, from many blocks of positions or from the images themselves.
void WeightsStage::choose_columns() {
  from_slab = false;
  outs_per_task = std::min(sum.outs, kMostOutsOfColumns);
  ins_per_task = std::clamp<std::int64_t>(kGatheredRows / sum.taps(), 1, sum.ins);
  const Axis& axis = sum.axes[2];
  // Taps of other axes, each of one output, are further rows of the image.
  in_place = sum.taps() == 1 && axis.plain() && axis.count == sum.positions() && axis.in == 1 &&
             axis.out == 1 && axis.count >= kPositionsAtOnce / 2;
}

void WeightsStage::choose_slab() {
  Correlation channel = sum;
  channel.ins = 1;
  slab = Slab(channel, 1);  // one position along the cut
  SlabAxis& axis = slab.axes[slab.cut];
  const std::int64_t pitch = slab.plane() / axis.length();
  const std::int64_t most = sum.axes[slab.cut].count;
  axis.count =
      Partition::even(most, std::clamp(kSlabPositions / pitch, std::int64_t{1}, most)).block;
  from_slab = true;
  outs_per_task = std::min(sum.outs, kMostOuts);
  ins_per_task =
      std::clamp(kSlabElements / slab.channel(), std::int64_t{1}, std::min(sum.ins, kMostInputs));
}

// More tasks: shares of the positions, else smaller blocks.
void WeightsStage::divide() {
  if (tasks() < kTasks) {
    const std::int64_t room = kMostPartElements / (blocks() * block_elements());
    parts = std::max<std::int64_t>(
        1, std::min({ceil_div(kTasks, tasks()), ceil_div(pieces(), 2), room}));
  }
  const auto halve = [&](std::int64_t& block, std::int64_t least) {
    if (tasks() >= kTasks || block < 2 * least) return false;
    block = ceil_div(block, 2);
    return true;
  };
  while (halve(ins_per_task, ceil_div(kLeastRows, sum.taps())) ||
         halve(outs_per_task, kLeastOuts)) {
  }
}

WeightsStage WeightsStage::of(const Correlation& sum, DataType type) {
  WeightsStage slabs{.sum = sum}, columns{.sum = sum};
  slabs.choose_slab();
  columns.choose_columns();
  const bool fits = slabs.slab.channel() <= kSlabElements;
  const bool better = !columns.in_place && slab_cost(slabs, type) < columns_cost(columns, type);
  WeightsStage& chosen = fits && better ? slabs : columns;
  if (type == DataType::F16 || type == DataType::BF16) chosen.in_place = false;
  chosen.divide();
  return chosen;
}

std::int64_t WeightsStage::out_pitch() const {
  if (!from_slab) return kColumnsPitch;
  return ceil_div(slab.plane() + kSlack, 32) * 32 + 16;
}

std::int64_t WeightsStage::in_elements() const {
  const std::int64_t gathered = std::min(rows_per_task(), kGatheredRows) * out_pitch();
  const std::int64_t elements =
      from_slab ? std::max(ins_per_task * slab.channel() + kSlack, gathered) : gathered;
  return ceil_div(elements, 16) * 16;
}

std::size_t WeightsStage::worker_bytes(std::size_t bytes) const {
  const std::int64_t offsets = 8 * offset_elements();
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
