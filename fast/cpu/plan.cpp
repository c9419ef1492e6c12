#include "fast/cpu/plan.h"

#include <algorithm>

#include "checker/parallel.h"

namespace convcheck::cpu {
namespace {

constexpr std::int64_t kProductsPerThread = 1 << 18;  // fewer are not worth starting a thread
constexpr int kMostThreads = 128;  // OpenBLAS has a limited number of buffers for callers
constexpr std::size_t kAlignment = 64;

template <class T>
std::size_t aligned_bytes(std::int64_t elements) {
  const std::size_t bytes = static_cast<std::size_t>(elements) * sizeof(T);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

template <class T>
Plan<T>::Plan(const ConvProblem& problem, const Operands& operands, const CorrmmOptions& options,
              int threads)
    : lowered_(problem, operands, options.block_bytes),
      tasks_(task_count(problem.direction, lowered_.extents(), lowered_.blocks())),
      share_(share()),
      part_bytes_(in_parts() ? aligned_bytes<T>(lowered_.blocks().w_elements()) : 0),
      workers_(workers(options, threads)) {}

template <class T>
typename Plan<T>::Share Plan<T>::share() const {
  const Blocks& blocks = lowered_.blocks();
  Share share;
  if (!lowered_.w().in_place() && !in_parts()) share.w = aligned_bytes<T>(blocks.w_elements());
  if (!lowered_.x().in_place()) share.x = aligned_bytes<T>(blocks.x_elements());
  if (!lowered_.y().in_place()) share.y = aligned_bytes<T>(blocks.y_elements());
  return share;
}

template <class T>
int Plan<T>::workers(const CorrmmOptions& options, int threads) const {
  std::int64_t most = std::min<std::int64_t>({thread_count(threads), kMostThreads, tasks_});
  const double products = lowered_.extents().products();
  if (products < static_cast<double>(most * kProductsPerThread)) {
    most = static_cast<std::int64_t>(products) / kProductsPerThread;
  }
  if (share_.bytes() > 0) {
    const std::size_t parts = static_cast<std::size_t>(tasks_) * part_bytes_;
    const std::size_t rest = options.workspace_limit - std::min(parts, options.workspace_limit);
    most = std::min(most, static_cast<std::int64_t>(rest / share_.bytes()));
  }
  return static_cast<int>(std::max<std::int64_t>(most, 1));
}

template <class T>
std::size_t Plan<T>::workspace_bytes() const {
  return share_.bytes() * static_cast<std::size_t>(workers_) +
         part_bytes_ * static_cast<std::size_t>(tasks_);
}

template <class T>
Buffers<T> Plan<T>::buffers(std::span<std::byte> workspace, int worker, std::int64_t task) const {
  const auto at = [&](std::size_t bytes) { return reinterpret_cast<T*>(workspace.data() + bytes); };
  const std::size_t own = static_cast<std::size_t>(worker) * share_.bytes();
  const std::size_t parts = static_cast<std::size_t>(workers_) * share_.bytes();
  return {.w = at(in_parts() ? parts + static_cast<std::size_t>(task) * part_bytes_ : own),
          .x = at(own + share_.w),
          .y = at(own + share_.w + share_.x)};
}

template <class T>
void Plan<T>::run(std::span<std::byte> workspace) const {
  TaskQueue queue(tasks_);
  const SingleThreadedBlas scope;
  run_workers(workers_, [&](int worker) {
    const SingleThreadedBlas own;
    while (const auto task = queue.next()) {
      run_task(lowered_, *task, buffers(workspace, worker, *task));
    }
  });
  if (!in_parts()) return;
  const auto stride = static_cast<std::int64_t>(part_bytes_ / sizeof(T));
  for (std::int64_t block = 0; block < tasks_ / lowered_.blocks().parts; ++block) {
    add_parts(lowered_, block, buffers(workspace, 0, 0).w, stride);
  }
}

template class Plan<float>;
template class Plan<double>;

}  // namespace convcheck::cpu
