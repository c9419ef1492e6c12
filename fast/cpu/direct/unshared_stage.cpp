#include <algorithm>
#include <cstdlib>

#include "fast/cpu/direct/plan.h"
#include "fast/cpu/direct/unshared.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kMostRegions = 16;  // of a task
// With the images side by side: regions of long pieces of y, which is written far apart, in whole
// lines of the caches.
constexpr std::int64_t kTurnedRegions = 64, kTurnedUnit = 16;
constexpr std::int64_t kTasks = 16;          // enough for a few threads
constexpr std::int64_t kMostRows = 1 << 13;  // of channels of one task of the gradient of inputs
constexpr std::int64_t kMostElements = 1 << 21;  // of a buffer
constexpr std::int64_t kFewImages = 4;  // fewer are not worth a copy that has them side by side

// Taps counted as the filters stand in memory.
void unflip(Correlation& sum) {
  for (Axis& axis : sum.axes) {
    sum.w.at += (axis.taps - 1) * axis.w;
    axis.w = -axis.w;
    axis.first += (axis.taps - 1) * axis.tap_step;
    axis.tap_step = -axis.tap_step;
  }
}

// Outputs of the regions, one after the other, are one piece of memory.
bool has_dense_outputs(const Correlation& sum) {
  std::int64_t pitch = 1;
  for (std::size_t axis = 3; axis-- > 0; pitch *= sum.axes[axis].count) {
    if (sum.axes[axis].count > 1 && sum.axes[axis].out != pitch) return false;
  }
  return true;
}

std::int64_t first_tap(const Axis& axis) {
  return axis.first + std::min<std::int64_t>(0, (axis.taps - 1) * axis.tap_step);
}

}  // namespace

TurnedImages::TurnedImages(const Correlation& sum, const TileShape& shape,
                           std::int64_t most_elements) {
  if (sum.images < kFewImages) return;
  std::int64_t vector = shape.lanes;
  while (vector * shape.bytes > 16 && vector / 2 >= sum.images) vector /= 2;
  images = ceil_div(sum.images, vector) * vector;
  double all = static_cast<double>(sum.groups) * static_cast<double>(sum.ins * images);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Axis& one = sum.axes[axis];
    lowest[axis] = first_tap(one);
    extents[axis] = (one.count - 1) * one.step + (one.taps - 1) * std::abs(one.tap_step) + 1;
    all *= static_cast<double>(extents[axis]);
  }
  if (all <= static_cast<double>(most_elements)) lanes = vector;
}

std::int64_t TurnedImages::start(const Correlation& sum,
                                 const std::array<std::int64_t, 3>& q) const {
  std::int64_t at = 0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Axis& one = sum.axes[axis];
    at = at * extents[axis] + q[axis] * one.step + one.first - lowest[axis];
  }
  return at * images;
}

std::int64_t TurnedImages::offset(const Correlation& sum, std::int64_t term) const {
  std::int64_t at = 0, pitch = images;
  for (std::size_t axis = 3; axis-- > 0; pitch *= extents[axis]) {
    at += term % sum.axes[axis].taps * sum.axes[axis].tap_step * pitch;
    term /= sum.axes[axis].taps;
  }
  return at + term * pitch;
}

UnsharedStage::UnsharedStage(const ConvProblem& problem, const Operands& operands,
                             std::int64_t most_turned)
    : direction(problem.direction),
      sum(forward_correlation(problem, operands)),
      shape(tile_shape(accumulator_of(operands.x.type))) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    region[axis + 3 - problem.rank] = operands.w.strides[axis + 1];
  }
  if (problem.flip) unflip(sum);
  if (direction == Direction::Forward) turned = TurnedImages(sum, shape, most_turned);
  dense_outputs = has_dense_outputs(sum);
  ins_per_task = sum.ins;
  if (direction == Direction::GradInputs) {
    // Whole vectors of as many channels as it takes, and no fewer than make some work.
    const std::int64_t most = std::max<std::int64_t>(1, kMostRows / sum.taps());
    const std::int64_t share = ceil_div(sum.ins * sum.groups, kTasks);
    ins_per_task = std::min({sum.ins, most, ceil_div(share, 16) * 16});
  }
  const std::int64_t fitting = std::max<std::int64_t>(1, kMostElements / pitch());
  images_per_task = std::min({sum.images, kImagesAtOnce, fitting});
  outs_per_task = std::min({sum.outs, kRegionOuts, fitting});
  if (turned.used()) outs_per_task = std::min<std::int64_t>(sum.outs, kOutsAtOnce);
  const std::int64_t shared = sum.groups * out_tasks() * regions() / (2 * kTasks);
  regions_per_task = std::clamp<std::int64_t>(shared, 1, kMostRegions);
  if (turned.used()) {
    regions_per_task = std::min(
        ceil_div(std::max<std::int64_t>(shared, 1), kTurnedUnit) * kTurnedUnit, kTurnedRegions);
  }
  const bool whole_type = operands.x.type == DataType::F32 || operands.x.type == DataType::F64;
  in_place = whole_type && sum.has_dense_filters() && sum.ins % ins_per_task == 0 &&
             (direction == Direction::Forward || rows() % shape.lanes == 0);
}

std::int64_t UnsharedStage::tasks() const {
  if (direction == Direction::GradInputs) return sum.groups * in_tasks() * image_tasks();
  return sum.groups * out_tasks() * region_tasks();
}

std::size_t UnsharedStage::worker_bytes(std::size_t bytes) const {
  const std::int64_t elements = column_elements() + filter_elements() + factor_elements();
  const std::int64_t offsets = ceil_div(std::max(outs_per_task, images_per_task), 8) * 8;
  return (static_cast<std::size_t>(elements) * bytes + 63) / 64 * 64 +
         static_cast<std::size_t>(offsets) * sizeof(std::int64_t);
}

}  // namespace convcheck::cpu::direct
