#include "fast/cpu/direct/unshared_plan.h"

#include "fast/cpu/parallel.h"

namespace convcheck::cpu::direct {

UnsharedPlan::UnsharedPlan(const ConvProblem& problem, const Operands& operands,
                           const DirectOptions& options, int threads)
    : operands_(operands),
      stage_(problem, operands),
      worker_bytes_(stage_.worker_bytes(size_of(accumulator_of(operands.x.type)))),
      workers_(worker_count(threads, stage_.tasks(), stage_.products(), worker_bytes_,
                            options.workspace_limit)) {}

void UnsharedPlan::run(std::span<std::byte> workspace) const {
  TaskQueue queue(stage_.tasks());
  run_workers(workers_, [&](int worker) {
    const UnsharedMemory memory{
        .type = operands_.x.type,
        .x = operands_.x.data,
        .w = operands_.w.data,
        .y = operands_.y.data,
        .buffer = workspace.data() + worker_bytes_ * static_cast<std::size_t>(worker)};
    while (const auto task = queue.next()) run_unshared_task(stage_, *task, memory);
  });
}

}  // namespace convcheck::cpu::direct
