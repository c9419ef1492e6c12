#include "fast/cpu/direct/weights_plan.h"

#include <algorithm>

#include "checker/parallel.h"

namespace convcheck::cpu::direct {

WeightsPlan::WeightsPlan(const ConvProblem& problem, const Operands& operands,
                         const DirectOptions& options, int threads)
    : stage_(WeightsStage::of(forward_correlation(problem, operands), operands.x.type)),
      worker_bytes_(stage_.worker_bytes(size_of(accumulator_of(operands.x.type)))),
      part_bytes_(aligned_bytes(stage_.tasks() * stage_.part_elements(), operands.x.type)),
      workers_(
          worker_count(threads, stage_.tasks(), stage_.sum.products(), worker_bytes_,
                       options.workspace_limit - std::min(options.workspace_limit, part_bytes_))) {}

std::size_t WeightsPlan::workspace_bytes() const {
  return part_bytes_ + worker_bytes_ * static_cast<std::size_t>(workers_);
}

void WeightsPlan::run(const Operands& operands, std::span<std::byte> workspace) const {
  WeightsMemory memory{.type = operands.x.type,
                       .in = operands.x.data,
                       .out = operands.y.data,
                       .w = operands.w.data,
                       .buffer = nullptr,
                       .parts = workspace.data()};
  TaskQueue queue(stage_.tasks());
  run_workers(workers_, [&](int worker) {
    WeightsMemory own = memory;
    own.buffer = workspace.data() + part_bytes_ + worker_bytes_ * static_cast<std::size_t>(worker);
    while (const auto task = queue.next()) run_weights_task(stage_, *task, own);
  });
  if (stage_.parts == 1) return;
  for (std::int64_t block = 0; block < stage_.blocks(); ++block) {
    add_weight_parts(stage_, block, memory);
  }
}

}  // namespace convcheck::cpu::direct
