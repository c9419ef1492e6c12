#include "fast/cpu/direct/points_plan.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <thread>

#include "checker/parallel.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kTasks = 16;           // enough for a few threads
constexpr std::int64_t kMostPositions = 300;  // of an image
constexpr std::int64_t kFewPositions = 128;   // of all
constexpr std::int64_t kPositionsOfOne = 64;  // where outputs are one vector
// Measured on Zen 5: a block's filters, the terms of one output, a task's images.
constexpr std::int64_t kBlockBytes = 640 << 10, kTermBytes = 20 << 10, kInputBytes = 512 << 10;

}  // namespace

PointsStage::PointsStage(const Correlation& correlation, const TileShape& shape, DataType type)
    : sum(correlation), lanes(shape.lanes), vectors(sum.outs > shape.lanes ? 2 : 1) {
  sum.count_as_in_memory();
  dense_filters = sum.has_dense_filters();
  in_place = type == DataType::F32 || type == DataType::F64;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Axis& one = sum.axes[axis];
    const std::int64_t span = (one.taps - 1) * one.tap_step;
    reach[axis] = (one.count - 1) * one.step + std::abs(span) + 1;
    lowest[axis] = one.first + std::min<std::int64_t>(0, span);
    if (lowest[axis] < 0 || lowest[axis] + reach[axis] > one.extent) in_place = false;
  }
  channel = 1;
  for (std::size_t axis = 3; axis-- > 0; channel *= reach[axis]) {
    pitch[axis] = in_place ? sum.axes[axis].in : channel;
  }
  if (in_place) channel = sum.in.minor;
  const std::int64_t parts = ceil_div(kTasks, sum.images * sum.groups);
  blocks_per_task = ceil_div(blocks(), std::min(parts, blocks()));
}

bool PointsStage::pays(const TileShape& shape) const {
  const bool full = 4 * sum.outs >= 3 * blocks() * width();
  const bool fits = sum.rows() * width() * shape.bytes <= kBlockBytes &&
                    sum.rows() * shape.bytes <= kTermBytes &&
                    input_elements() * shape.bytes < kInputBytes;
  // Else the positions of all images stand side by side, and nothing is gathered there either.
  const bool plain =
      sum.taps() == 1 && sum.axes[0].plain() && sum.axes[1].plain() && sum.axes[2].plain();
  // A tile of one vector loads more than it multiplies.
  const std::int64_t most = vectors == 1 ? kPositionsOfOne : kMostPositions;
  return full && fits && sum.positions() <= most &&
         (!plain || sum.images * sum.positions() <= kFewPositions);
}

std::int64_t PointsStage::term_offset(std::int64_t term) const {
  std::int64_t at = 0;
  for (std::size_t axis = 3; axis-- > 0;) {
    const Axis& one = sum.axes[axis];
    at += (one.first + term % one.taps * one.tap_step - lowest[axis]) * pitch[axis];
    term /= one.taps;
  }
  return at + term * channel;
}

std::int64_t PointsStage::point_offset(std::int64_t point) const {
  std::int64_t at = 0;
  for (std::size_t axis = 3; axis-- > 0;) {
    const Axis& one = sum.axes[axis];
    at += point % one.count * one.step * pitch[axis];
    point /= one.count;
  }
  return at;
}

PointsPlan::PointsPlan(const PointsStage& stage, Direction direction, DataType type,
                       const DirectOptions& options, int threads)
    : stage_(stage),
      direction_(direction),
      filter_bytes_(aligned_bytes(stage.filter_elements(), type)),
      offset_bytes_(aligned_bytes(stage.sum.rows() + stage.sum.positions(), DataType::F64)),
      worker_bytes_(aligned_bytes(stage.input_elements() + stage.sum_elements(), type)),
      workers_(worker_count(
          threads, stage_.tasks(), stage_.sum.products(), worker_bytes_,
          options.workspace_limit - std::min(options.workspace_limit, shared_bytes()))) {}

void PointsPlan::write_offsets(std::int64_t* to) const {
  for (std::int64_t term = 0; term < stage_.sum.rows(); ++term) *to++ = stage_.term_offset(term);
  for (std::int64_t q = 0; q < stage_.sum.positions(); ++q) *to++ = stage_.point_offset(q);
}

void PointsPlan::run(const Operands& operands, std::span<std::byte> workspace) const {
  const bool forward = direction_ == Direction::Forward;
  const std::int64_t packs = stage_.packing_tasks();
  TaskQueue to_pack(packs), queue(stage_.tasks());
  std::atomic<std::int64_t> packed = 0;
  auto* const offsets = reinterpret_cast<std::int64_t*>(workspace.data() + filter_bytes_);
  run_workers(workers_, [&](int worker) {
    const PointsMemory memory{.type = operands.x.type,
                              .in = forward ? operands.x.data : operands.y.data,
                              .w = operands.w.data,
                              .out = forward ? operands.y.data : operands.x.data,
                              .filters = workspace.data(),
                              .terms = offsets,
                              .points = offsets + stage_.sum.rows(),
                              .buffer = workspace.data() + shared_bytes() +
                                        worker_bytes_ * static_cast<std::size_t>(worker)};
    while (const auto task = to_pack.next()) {
      if (*task == 0) write_offsets(offsets);
      pack_points_filters(stage_, *task, memory);
      ++packed;
    }
    while (packed < packs) std::this_thread::yield();
    while (const auto task = queue.next()) run_points_task(stage_, *task, memory);
  });
}

std::unique_ptr<Plan> make_points_plan(const ConvProblem& problem, const Operands& operands,
                                       const DirectOptions& options, int threads) {
  if (problem.direction == Direction::GradWeights) return nullptr;
  Correlation sum = forward_correlation(problem, operands);
  if (problem.direction == Direction::GradInputs) {
    const InputParts parts(problem, operands);
    if (parts.count() > 1) return nullptr;
    sum = parts.part(0);
  }
  const DataType type = operands.x.type;
  const TileShape shape = tile_shape(accumulator_of(type));
  const PointsStage stage(sum, shape, type);
  if (!stage.pays(shape)) return nullptr;
  const std::size_t most = std::min(options.filter_bytes, options.workspace_limit / 2);
  if (aligned_bytes(stage.filter_elements(), type) > most) return nullptr;
  return std::make_unique<PointsPlan>(stage, problem.direction, type, options, threads);
}

}  // namespace convcheck::cpu::direct
