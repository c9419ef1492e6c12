#include "fast/cpu/direct/depthwise_plan.h"

#include <algorithm>
#include <cstdlib>

#include "checker/parallel.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kTasks = 16;            // enough for a few threads
constexpr std::int64_t kMostImages = 8;        // of a task
constexpr std::int64_t kBandBytes = 96 << 10;  // of inputs and sums of one task
constexpr std::int64_t kMostOuts = 2;          // of a group

}  // namespace

void DepthwiseStage::set_rows(std::int64_t rows) {
  rows_per_task = rows;
  const std::array<std::int64_t, 3> counts{1, rows, sum.axes[2].count};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Axis& one = sum.axes[axis];
    const std::int64_t span = (one.taps - 1) * one.tap_step;
    reach[axis] = (counts[axis] - 1) * one.step + std::abs(span) + 1;
    lowest[axis] = one.first + std::min<std::int64_t>(0, span);
  }
}

DepthwiseStage::DepthwiseStage(const Correlation& correlation, const TileShape& shape)
    : sum(correlation), lanes(shape.lanes) {
  sum.count_as_in_memory();
  dense_filters = sum.has_dense_taps();
  const std::int64_t all = sum.axes[1].count;
  for (std::int64_t rows = all;; rows = ceil_div(rows, 2)) {
    set_rows(Partition::even(all, rows).block);
    if (rows == 1 || (input_elements() + sum_elements()) * shape.bytes <= kBandBytes) break;
  }
  images_per_task = std::min(sum.images, kMostImages);
  while (images_per_task > 1 && tasks() < kTasks) images_per_task = ceil_div(images_per_task, 2);
}

bool DepthwiseStage::pays(const TileShape& shape) const {
  const Axis& middle = sum.axes[1];
  const bool fits = (input_elements() + sum_elements()) * shape.bytes <= 2 * kBandBytes;
  // Not where most of a band is there for its neighbours, too.
  const std::int64_t overlap = (middle.taps - 1) * std::abs(middle.tap_step);
  const bool high = rows_per_task == middle.count || rows_per_task * middle.step >= overlap;
  return sum.ins == 1 && sum.outs <= kMostOuts && sum.taps() > 1 && 2 * sum.groups > lanes &&
         fits && high;
}

std::size_t DepthwiseStage::worker_bytes(std::size_t bytes) const {
  const std::int64_t elements = input_elements() + sum_elements() + filter_elements();
  return offset_bytes() + (static_cast<std::size_t>(elements) * bytes + 63) / 64 * 64;
}

DepthwisePlan::DepthwisePlan(const DepthwiseStage& stage, Direction direction, DataType type,
                             const DirectOptions& options, int threads)
    : stage_(stage),
      direction_(direction),
      worker_bytes_(stage_.worker_bytes(size_of(accumulator_of(type)))),
      workers_(worker_count(threads, stage_.tasks(), stage_.sum.products(), worker_bytes_,
                            options.workspace_limit)) {}

void DepthwisePlan::run(const Operands& operands, std::span<std::byte> workspace) const {
  const bool forward = direction_ == Direction::Forward;
  TaskQueue queue(stage_.tasks());
  run_workers(workers_, [&](int worker) {
    const DepthwiseMemory memory{
        .type = operands.x.type,
        .in = forward ? operands.x.data : operands.y.data,
        .filters = operands.w.data,
        .out = forward ? operands.y.data : operands.x.data,
        .buffer = workspace.data() + worker_bytes_ * static_cast<std::size_t>(worker)};
    while (const auto task = queue.next()) run_depthwise_task(stage_, *task, memory);
  });
}

std::unique_ptr<Plan> make_depthwise_plan(const ConvProblem& problem, const Operands& operands,
                                          const DirectOptions& options, int threads) {
  if (problem.group_channels() != 1 || problem.direction == Direction::GradWeights) return nullptr;
  const bool forward = problem.direction == Direction::Forward;
  Correlation sum = forward_correlation(problem, operands);
  if (!forward) {
    const InputParts parts(problem, operands);
    if (parts.count() > 1) return nullptr;
    sum = parts.part(0);
  }
  const DataType type = operands.x.type;
  const TileShape shape = tile_shape(accumulator_of(type));
  const DepthwiseStage stage(sum, shape);
  if (!stage.pays(shape)) return nullptr;
  return std::make_unique<DepthwisePlan>(stage, problem.direction, type, options, threads);
}

}  // namespace convcheck::cpu::direct
