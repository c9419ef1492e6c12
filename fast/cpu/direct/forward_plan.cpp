#include "fast/cpu/direct/forward_plan.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "checker/parallel.h"
#include "fast/cpu/direct/filters.h"
#include "fast/cpu/direct/segments.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kMostShared = 16 << 20;

}  // namespace

template <class Visit>
void ForwardPlan::TaskList::find(std::int64_t index, const Visit& visit) const {
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), index);
  const auto stage = static_cast<std::size_t>(end - ends_.begin());
  visit(stage, index - (stage == 0 ? 0 : ends_[stage - 1]));
}

ForwardPlan::ForwardPlan(const ConvProblem& problem, const Operands& operands,
                         const DirectOptions& options, int threads)
    : direction_(problem.direction),
      type_(operands.x.type),
      shape_(tile_shape(accumulator_of(operands.x.type))),
      most_shared_(std::min(kMostShared, static_cast<std::int64_t>(options.workspace_limit / 4))) {
  const std::size_t size = size_of(accumulator_of(type_));
  const auto most = static_cast<std::int64_t>(options.filter_bytes / size);
  if (direction_ == Direction::Forward) {
    add(forward_correlation(problem, operands), most);
  } else {
    const InputParts parts(problem, operands);
    for (std::int64_t part = 0; part < parts.count(); ++part) add(parts.part(part), most);
  }
  std::int64_t tasks = 0;
  double products = 0;
  for (Round& round : rounds_) {
    for (const Stage& stage : round.stages) {
      round.packing.add(packing_tasks(stage));
      round.gathering.add(stage.gather_tasks());
      round.tasks.add(stage.tasks());
      products += static_cast<double>(stage.groups * stage.filters_of_group()) * stage.positions();
      worker_bytes_ = std::max(worker_bytes_, stage.worker_bytes(size));
    }
    tasks = std::max(tasks, round.tasks.total());
    filter_bytes_ = std::max(filter_bytes_, aligned_bytes(round.filters, type_));
    offset_bytes_ = std::max(offset_bytes_, aligned_bytes(round.offsets, DataType::F64));
    column_bytes_ = std::max(column_bytes_, aligned_bytes(round.columns, type_));
  }
  const std::size_t shared =
      std::min(options.workspace_limit, filter_bytes_ + offset_bytes_ + column_bytes_);
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
  stage.divide(type_, most_shared_);
  const std::int64_t most_columns = most_shared_ / stage.shape.bytes;
  if (rounds_.empty() || rounds_.back().filters + stage.packed_filters() > most_filters ||
      rounds_.back().columns + stage.shared_columns() > most_columns) {
    rounds_.emplace_back();
  }
  stage.filters_at = rounds_.back().filters;
  stage.offsets_at = rounds_.back().offsets;
  stage.columns_at = rounds_.back().columns;
  rounds_.back().filters += stage.packed_filters();
  rounds_.back().offsets += stage.offsets();
  rounds_.back().columns += stage.shared_columns();
  rounds_.back().stages.push_back(stage);
}

std::size_t ForwardPlan::workspace_bytes() const {
  return filter_bytes_ + offset_bytes_ + column_bytes_ +
         worker_bytes_ * static_cast<std::size_t>(workers_);
}

void ForwardPlan::run(const Operands& operands, std::span<std::byte> workspace) const {
  for (const Round& round : rounds_) run(round, operands, workspace);
}

// The first piece of a stage brings its offsets along.
void ForwardPlan::pack(const Stage& stage, std::int64_t index, const TensorView& w,
                       std::span<std::byte> workspace) const {
  pack_filters(stage, index, w.type, w.data, workspace.data());
  if (index > 0) return;
  auto* offsets = reinterpret_cast<std::int64_t*>(workspace.data() + filter_bytes_);
  offsets += stage.offsets_at;
  const Correlation& sum = stage.sum;
  stage.for_each_piece({0, stage.from_slab ? sum.rows() : 0}, [&](const Range& piece) {
    for_each_row_of_slab(sum, piece, [&](std::int64_t channel, std::int64_t tap) {
      *offsets = stage.slab.offset(sum, tap, channel);
      if (stage.filters_in_place) {
        offsets[sum.rows()] = channel * sum.w.minor + sum.filter_offset(tap);
      }
      ++offsets;
    });
  });
}

ForwardMemory ForwardPlan::memory(const Operands& operands, std::span<std::byte> workspace,
                                  int worker) const {
  const bool forward = direction_ == Direction::Forward;
  std::byte* const offsets = workspace.data() + filter_bytes_;
  std::byte* const columns = offsets + offset_bytes_;
  return {.type = type_,
          .in = forward ? operands.x.data : operands.y.data,
          .out = forward ? operands.y.data : operands.x.data,
          .weights = operands.w.data,
          .filters = workspace.data(),
          .offsets = reinterpret_cast<const std::int64_t*>(offsets),
          .columns = columns,
          .buffer = columns + column_bytes_ + worker_bytes_ * static_cast<std::size_t>(worker),
          .workers = workers_};
}

// What tasks share is made first.
void ForwardPlan::run(const Round& round, const Operands& operands,
                      std::span<std::byte> workspace) const {
  TaskQueue to_pack(round.packing.total()), to_gather(round.gathering.total());
  TaskQueue to_do(round.tasks.total());
  const std::int64_t shared = round.packing.total() + round.gathering.total();
  std::atomic<std::int64_t> made = 0;
  run_workers(workers_, [&](int worker) {
    const ForwardMemory of_worker = memory(operands, workspace, worker);
    while (const auto task = to_pack.next()) {
      round.packing.find(*task, [&](std::size_t stage, std::int64_t index) {
        pack(round.stages[stage], index, operands.w, workspace);
      });
      ++made;
    }
    while (const auto task = to_gather.next()) {
      round.gathering.find(*task, [&](std::size_t stage, std::int64_t index) {
        gather_shared_columns(round.stages[stage], index, of_worker);
      });
      ++made;
    }
    while (made < shared) std::this_thread::yield();
    while (const auto task = to_do.next()) {
      round.tasks.find(*task, [&](std::size_t stage, std::int64_t index) {
        run_forward_task(round.stages[stage], index, of_worker);
      });
    }
  });
}

}  // namespace convcheck::cpu::direct
