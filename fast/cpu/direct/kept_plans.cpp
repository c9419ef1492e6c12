#include "fast/cpu/direct/kept_plans.h"

#include <array>
#include <utility>
#include <vector>

#include "checker/parallel.h"
#include "fast/cpu/direct/forward.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::size_t kKept = 128;  // the layers of a network, in all directions

// All that a plan depends on.
struct Key {
  ConvProblem problem;
  DataType type = DataType::F32;
  std::array<Strides, 3> strides;
  std::size_t filter_bytes = 0, workspace_limit = 0;
  int threads = 0;
  std::int64_t lanes = 0, filters = 0;  // of the instruction set's tiles

  friend bool operator==(const Key&, const Key&) = default;
};

Key key_of(const ConvProblem& problem, const Operands& operands, const DirectOptions& options,
           int threads) {
  const TileShape shape = tile_shape(accumulator_of(operands.x.type));
  return {.problem = problem,
          .type = operands.x.type,
          .strides = {operands.x.strides, operands.w.strides, operands.y.strides},
          .filter_bytes = options.filter_bytes,
          .workspace_limit = options.workspace_limit,
          .threads = thread_count(threads),
          .lanes = shape.lanes,
          .filters = shape.filters};
}

struct Kept {
  Key key;
  std::unique_ptr<Plan> plan;
};

struct KeptPlans {
  std::vector<Kept> plans;
  std::size_t last = 0;    // asked for
  std::size_t oldest = 0;  // once there are kKept
};

}  // namespace

const Plan& kept_plan(const ConvProblem& problem, const Operands& operands,
                      const DirectOptions& options, int threads) {
  thread_local KeptPlans kept;
  const Key key = key_of(problem, operands, options, threads);
  const std::size_t count = kept.plans.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (kept.last + i) % count;
    if (!(kept.plans[at].key == key)) continue;
    kept.last = at;
    return *kept.plans[at].plan;
  }
  Kept made{key, make_plan(problem, operands, options, threads)};
  if (count < kKept) {
    kept.plans.push_back(std::move(made));
    kept.last = count;
  } else {
    kept.last = kept.oldest;
    kept.oldest = (kept.oldest + 1) % kKept;
    kept.plans[kept.last] = std::move(made);
  }
  return *kept.plans[kept.last].plan;
}

}  // namespace convcheck::cpu::direct
