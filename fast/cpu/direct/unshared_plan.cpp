#include "fast/cpu/direct/unshared_plan.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "checker/parallel.h"

namespace convcheck::cpu::direct {

UnsharedPlan::UnsharedPlan(const ConvProblem& problem, const Operands& operands,
                           const DirectOptions& options, int threads)
    : stage_(problem, operands,
             static_cast<std::int64_t>(options.workspace_limit / 2 /
                                       size_of(accumulator_of(operands.x.type)))),
      turned_bytes_(aligned_bytes(stage_.turned.elements(stage_.sum), operands.x.type)),
      offset_bytes_(stage_.turned.used() ? aligned_bytes(stage_.rows(), DataType::F64) : 0),
      worker_bytes_(stage_.worker_bytes(size_of(accumulator_of(operands.x.type)))),
      workers_(worker_count(
          threads, stage_.tasks(), stage_.products(), worker_bytes_,
          options.workspace_limit - std::min(options.workspace_limit, shared_bytes()))) {}

void UnsharedPlan::run(const Operands& operands, std::span<std::byte> workspace) const {
  const std::int64_t turns = stage_.turned.tasks(stage_.sum);
  TaskQueue to_turn(turns), queue(stage_.tasks());
  std::atomic<std::int64_t> turned = 0;
  run_workers(workers_, [&](int worker) {
    std::byte* const offsets = workspace.data() + turned_bytes_;
    const UnsharedMemory memory{
        .type = operands.x.type,
        .x = operands.x.data,
        .w = operands.w.data,
        .y = operands.y.data,
        .turned = workspace.data(),
        .offsets = reinterpret_cast<std::int64_t*>(offsets),
        .buffer = offsets + offset_bytes_ + worker_bytes_ * static_cast<std::size_t>(worker)};
    while (const auto task = to_turn.next()) {
      if (*task == 0) write_offsets(memory);
      turn_task(stage_, *task, memory);
      ++turned;
    }
    while (turned < turns) std::this_thread::yield();
    while (const auto task = queue.next()) run_unshared_task(stage_, *task, memory);
  });
}

void UnsharedPlan::write_offsets(const UnsharedMemory& memory) const {
  for (std::int64_t term = 0; term < stage_.rows(); ++term) {
    memory.offsets[term] = stage_.turned.offset(stage_.sum, term);
  }
}

}  // namespace convcheck::cpu::direct
