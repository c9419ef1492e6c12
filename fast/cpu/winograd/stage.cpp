#include "fast/cpu/winograd/stage.h"

#include <algorithm>

namespace convcheck::cpu::winograd {
namespace {

constexpr std::int64_t kTasks = 16;

// Taps in the order of the inputs that they read.
void ascend(Correlation& sum) {
  for (direct::Axis& axis : sum.axes) {
    if (axis.tap_step > 0) continue;
    axis.first += (axis.taps - 1) * axis.tap_step;
    axis.tap_step = -axis.tap_step;
    sum.w.at += (axis.taps - 1) * axis.w;
    axis.w = -axis.w;
  }
}

Correlation correlation_of(const ConvProblem& problem, const Operands& operands) {
  if (problem.direction == Direction::Forward) {
    return direct::forward_correlation(problem, operands);
  }
  return direct::InputParts(problem, operands).part(0);
}

}  // namespace

WinogradStage::WinogradStage(const ConvProblem& problem, const Operands& operands, int tile_size)
    : sum(correlation_of(problem, operands)),
      tile(tile_size),
      shape(direct::tile_shape(DataType::F32)) {
  ascend(sum);
  // Four vectors of tiles: two and two, not three and one, which leaves the multipliers waiting.
  if (ceil_div(tiles(), shape.lanes) == 4 && shape.vectors == 3) shape.vectors = 2;
  ins_at_once = sum.ins;
  keeps_inputs = sum.groups * tile_blocks() * input_elements() < filter_elements();
  if (keeps_inputs) {
    outs_per_task = std::min(sum.outs, kOutsOfKeptInputs);
    if (tile_blocks() > 1) return;
    const std::int64_t bytes = points() * outs_per_task * static_cast<std::int64_t>(sizeof(float));
    const std::int64_t most = std::max<std::int64_t>(kFilterBytesAtOnce / bytes, 1);
    ins_at_once = Partition::even(sum.ins, std::min(sum.ins, most)).block;
    return;
  }
  // Inputs are transformed again for every task's outputs.
  const std::int64_t whole = sum.groups * tile_blocks();
  outs_per_task = sum.outs;
  if (whole < kTasks) outs_per_task = ceil_div(sum.outs, ceil_div(kTasks, whole));
  outs_per_task = ceil_div(outs_per_task, kOutsAtOnce) * kOutsAtOnce;
}

double WinogradStage::products() const {
  return static_cast<double>(filter_elements()) * static_cast<double>(tiles());
}

}  // namespace convcheck::cpu::winograd
