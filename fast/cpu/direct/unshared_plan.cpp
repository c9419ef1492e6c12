#include "fast/cpu/direct/unshared_plan.h"

#include "checker/parallel.h"

namespace convcheck::cpu::direct {

UnsharedPlan::UnsharedPlan(const ConvProblem& problem, const Operands& operands,
                           const DirectOptions& options, int threads)
    : stage_(problem, operands),
      worker_bytes_(stage_.worker_bytes(size_of(accumulator_of(operands.x.type)))),
      workers_(worker_count(threads, stage_.tasks(), stage_.products(), worker_bytes_,
                            options.workspace_limit)) {}

void UnsharedPlan::run(const Operands& operands, std::span<std::byte> workspace) const {
  TaskQueue queue(stage_.tasks());
  run_workers(workers_, [&](int worker) {
    const UnsharedMemory memory{
        .type = operands.x.type,
        .x = operands.x.data,
        .w = operands.w.data,
        .y = operands.y.data,
        .buffer = workspace.data() + worker_bytes_ * static_cast<std::size_t>(worker)};
    while (const auto task = queue.next()) run_unshared_task(stage_, *task, memory);
  });
}

}  // namespace convcheck::cpu::direct
