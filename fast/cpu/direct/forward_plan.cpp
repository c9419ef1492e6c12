#include "fast/cpu/direct/forward_plan.h"

#include <algorithm>
#include <thread>

#include "fast/cpu/direct/filters.h"
#include "fast/cpu/parallel.h"

namespace convcheck::cpu::direct {
namespace {

// The numbers 0 .. of all tasks, stage after stage.
class TaskList {
 public:
  template <class Count>
  TaskList(const std::vector<Stage>& stages, const Count& count) {
    for (const Stage& stage : stages) ends_.push_back((total_ += count(stage)));
  }
  std::int64_t total() const { return total_; }
  // Calls visit(stage, its task).
  template <class Visit>
  void find(std::int64_t index, const Visit& visit) const {
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
    const auto stage = static_cast<std::size_t>(end - ends_.begin());
    visit(stage, index - (stage == 0 ? 0 : ends_[stage - 1]));
  }

 private:
  std::vector<std::int64_t> ends_;
  std::int64_t total_ = 0;
};

}  // namespace

ForwardPlan::ForwardPlan(const ConvProblem& problem, const Operands& operands,
                         const DirectOptions& options, int threads)
    : operands_(operands),
      direction_(problem.direction),
      shape_(tile_shape(accumulator_of(operands.x.type))) {
  const DataType type = operands.x.type;
  const auto most = static_cast<std::int64_t>(options.filter_bytes / size_of(accumulator_of(type)));
  if (direction_ == Direction::Forward) {
    add(forward_correlation(problem, operands), most);
  } else {
    const InputParts parts(problem, operands);
    for (std::int64_t part = 0; part < parts.count(); ++part) add(parts.part(part), most);
  }
  std::int64_t tasks = 0;
  double products = 0;
  for (const Round& round : rounds_) {
    std::int64_t count = 0;
    for (const Stage& stage : round.stages) {
      count += stage.tasks();
      products += static_cast<double>(stage.packed_filters()) * stage.positions();
      worker_bytes_ = std::max(worker_bytes_, stage.worker_bytes(size_of(accumulator_of(type))));
    }
    tasks = std::max(tasks, count);
    filter_bytes_ = std::max(filter_bytes_, aligned_bytes(round.filters, type));
    offset_bytes_ = std::max(offset_bytes_, aligned_bytes(round.offsets, DataType::F64));
  }
  const std::size_t shared = std::min(options.workspace_limit, filter_bytes_ + offset_bytes_);
  workers_ =
      worker_count(threads, tasks, products, worker_bytes_, options.workspace_limit - shared);
}

// Whole groups where several fit, else a share of one group's outputs.
void ForwardPlan::add(const Correlation& sum, std::int64_t most_filters) {
  const std::int64_t rows = std::max<std::int64_t>(sum.rows(), 1);
  const std::int64_t fitting = std::max<std::int64_t>(most_filters / rows, 1);
  Stage stage{.sum = sum, .outs = sum.outs, .shape = shape_};
  if (fitting >= sum.outs) {
    const std::int64_t groups = fitting / sum.outs;
    for (stage.group = 0; stage.group < sum.groups; stage.group += groups) {
      stage.groups = std::min(groups, sum.groups - stage.group);
      add(stage, most_filters);
    }
    return;
  }
  const std::int64_t outs = std::max(fitting / shape_.filters * shape_.filters, shape_.filters);
  for (stage.group = 0; stage.group < sum.groups; ++stage.group) {
    for (stage.out = 0; stage.out < sum.outs; stage.out += outs) {
      stage.outs = std::min(outs, sum.outs - stage.out);
      add(stage, most_filters);
    }
  }
}

void ForwardPlan::add(Stage stage, std::int64_t most_filters) {
  stage.divide(operands_.x.type);
  if (rounds_.empty() || rounds_.back().filters + stage.packed_filters() > most_filters) {
    rounds_.emplace_back();
  }
  stage.filters_at = rounds_.back().filters;
  stage.offsets_at = rounds_.back().offsets;
  rounds_.back().filters += stage.packed_filters();
  rounds_.back().offsets += stage.offsets();
  rounds_.back().stages.push_back(stage);
}

std::size_t ForwardPlan::workspace_bytes() const {
  return filter_bytes_ + offset_bytes_ + worker_bytes_ * static_cast<std::size_t>(workers_);
}

void ForwardPlan::run(std::span<std::byte> workspace) const {
  for (const Round& round : rounds_) run(round, workspace);
}

// The first piece of a stage brings its offsets along.
void ForwardPlan::pack(const Stage& stage, std::int64_t index,
                       std::span<std::byte> workspace) const {
  pack_filters(stage, index, operands_.w.type, operands_.w.data, workspace.data());
  if (index > 0) return;
  auto* offsets = reinterpret_cast<std::int64_t*>(workspace.data() + filter_bytes_);
  for (std::int64_t row = 0; row < stage.offsets(); ++row) {
    offsets[stage.offsets_at + row] = stage.slab.offset(stage.sum, row);
  }
}

void ForwardPlan::run(const Round& round, std::span<std::byte> workspace) const {
  const TaskList packing(round.stages, packing_tasks);
  const TaskList tasks(round.stages, [](const Stage& stage) { return stage.tasks(); });
  TaskQueue to_pack(packing.total()), to_do(tasks.total());
  std::atomic<std::int64_t> packed = 0;
  const bool forward = direction_ == Direction::Forward;
  run_workers(workers_, [&](int worker) {
    while (const auto task = to_pack.next()) {
      packing.find(*task, [&](std::size_t stage, std::int64_t index) {
        pack(round.stages[stage], index, workspace);
      });
      ++packed;
    }
    while (packed < packing.total()) std::this_thread::yield();
    std::byte* const offsets = workspace.data() + filter_bytes_;
    const ForwardMemory memory{
        .type = operands_.x.type,
        .in = forward ? operands_.x.data : operands_.y.data,
        .out = forward ? operands_.y.data : operands_.x.data,
        .filters = workspace.data(),
        .offsets = reinterpret_cast<const std::int64_t*>(offsets),
        .buffer = offsets + offset_bytes_ + worker_bytes_ * static_cast<std::size_t>(worker)};
    while (const auto task = to_do.next()) {
      tasks.find(*task, [&](std::size_t stage, std::int64_t index) {
        run_forward_task(round.stages[stage], index, memory);
      });
    }
  });
}

}  // namespace convcheck::cpu::direct
