#include "fast/cpu/corrmm.h"

#include <algorithm>
#include <string>

#include "fast/cpu/parallel.h"
#include "fast/cpu/tasks.h"

namespace convcheck {
namespace {

constexpr std::int64_t kProductsPerThread = 1 << 18;  // fewer are not worth starting a thread
constexpr int kMostThreads = 128;  // OpenBLAS has a limited number of buffers for callers
constexpr std::size_t kAlignment = 64;

// What every worker gets of the workspace.
struct Share {
  std::size_t w = 0, x = 0, y = 0;  // bytes
  std::size_t bytes() const { return w + x + y; }
};

template <class T>
Share share_of(const cpu::Lowered<T>& lowered) {
  const auto bytes = [](bool in_place, std::int64_t elements) {
    const std::size_t size = in_place ? 0 : static_cast<std::size_t>(elements) * sizeof(T);
    return (size + kAlignment - 1) / kAlignment * kAlignment;
  };
  const cpu::Blocks& blocks = lowered.blocks();
  return {bytes(lowered.w().in_place(), blocks.w_elements()),
          bytes(lowered.x().in_place(), blocks.x_elements()),
          bytes(lowered.y().in_place(), blocks.y_elements())};
}

// Everything about a call that follows from its arguments.
template <class T>
struct Plan {
  cpu::Lowered<T> lowered;
  std::int64_t tasks;
  Share share;
  int workers;

  Plan(const ConvProblem& problem, const Operands& operands, const CorrmmOptions& options,
       int threads)
      : lowered(problem, operands, options.block_bytes),
        tasks(task_count(problem.direction, lowered.extents(), lowered.blocks())),
        share(share_of(lowered)) {
    const cpu::Extents& extents = lowered.extents();
    const double products =
        static_cast<double>(extents.groups) * static_cast<double>(extents.regions) *
        static_cast<double>(extents.filters) * static_cast<double>(extents.rows()) *
        static_cast<double>(extents.columns());
    std::int64_t most = std::min<std::int64_t>({cpu::thread_count(threads), kMostThreads, tasks});
    if (products < static_cast<double>(most) * kProductsPerThread) {
      most = 1 + static_cast<std::int64_t>(products) / kProductsPerThread;
    }
    if (share.bytes() > 0) {
      most = std::min(most, static_cast<std::int64_t>(options.workspace_limit / share.bytes()));
    }
    workers = static_cast<int>(std::max<std::int64_t>(most, 1));
  }

  cpu::Buffers<T> buffers(std::span<std::byte> workspace, int worker) const {
    std::byte* own = workspace.data() + static_cast<std::size_t>(worker) * share.bytes();
    const auto at = [own](std::size_t offset) { return reinterpret_cast<T*>(own + offset); };
    return {.w = at(0), .x = at(share.w), .y = at(share.w + share.x)};
  }
};

template <class T>
void run_plan(const Plan<T>& plan, std::span<std::byte> workspace) {
  const cpu::SingleThreadedBlas scope;
  cpu::parallel_for(plan.tasks, plan.workers, [&](std::int64_t task, int worker) {
    run_task(plan.lowered, task, plan.buffers(workspace, worker));
  });
}

void clear(const TensorView& view) {
  Index at(view.rank(), 0);
  do view.set(at, 0);
  while (advance(at, view.extents));
}

class Corrmm final : public Backend {
 public:
  explicit Corrmm(const CorrmmOptions& options) : options_(options) {}

  std::string name() const override { return "corrmm"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override { return {.multiplies_padding = true}; }

  Support supports(const ConvProblem&, const Operands& operands) const override {
    const DataType type = operands.x.type;
    for (const TensorView* view : {&operands.x, &operands.w, &operands.y}) {
      if (view->memory != MemoryKind::Host) {
        return Support::no(std::string(to_string(view->memory)) + " memory, needs host memory");
      }
      if (view->type != type) {
        return Support::no(std::string("types ") + to_string(type) + " and " +
                           to_string(view->type) + ", needs one type");
      }
    }
    if (type == DataType::F32 || type == DataType::F64) return Support::yes();
    return Support::no(std::string("type ") + to_string(type) + ", needs f32 or f64");
  }

  std::size_t workspace_bytes(const ConvProblem& problem, const Operands& operands,
                              const RunContext& context) const override {
    const auto bytes = [](const auto& plan) {
      return plan.share.bytes() * static_cast<std::size_t>(plan.workers);
    };
    if (is_trivial(operands)) return 0;
    return operands.x.type == DataType::F32 ? bytes(plan<float>(problem, operands, context))
                                            : bytes(plan<double>(problem, operands, context));
  }

  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    if (is_trivial(operands)) {
      const TensorView& result = operands.result(problem.direction);
      if (!result.empty()) clear(result);
    } else if (operands.x.type == DataType::F32) {
      run_plan(plan<float>(problem, operands, context), workspace);
    } else {
      run_plan(plan<double>(problem, operands, context), workspace);
    }
  }

 private:
  // Every sum is empty, or there is nothing to write.
  static bool is_trivial(const Operands& operands) {
    return operands.x.empty() || operands.w.empty() || operands.y.empty();
  }

  template <class T>
  Plan<T> plan(const ConvProblem& problem, const Operands& operands,
               const RunContext& context) const {
    return Plan<T>(problem, operands, options_, context.threads);
  }

  CorrmmOptions options_;
};

}  // namespace

BackendPtr corrmm_backend(const CorrmmOptions& options) {
  return std::make_shared<Corrmm>(options);
}

}  // namespace convcheck
