#include <cmath>
#include <map>
#include <string>

#include "tests/mutants/planting.h"
#include "tests/mutants/summing.h"

namespace convcheck {
namespace {

std::size_t threads_of(const Call& call) {
  return static_cast<std::size_t>(call.context.threads > 0 ? call.context.threads : 4);
}

double a_part_for_each_thread(const Call& call, std::vector<double>& products) {
  return sum_in_parts(products, threads_of(call), summing_type(call));
}

// Each thread gets as many products as the others; the rest is nobody's.
double rest_of_the_division_lost(const Call& call, std::vector<double>& products) {
  products.resize(products.size() / threads_of(call) * threads_of(call));
  double sum = 0;
  for (const double product : products) sum += product;
  return sum;
}

// Filters are packed once for every shape, and their values never looked at again.
struct KeptFilters {
  std::map<std::string, Tensor> kept = {};

  void operator()(const ConvProblem& problem, Operands& operands) {
    if (problem.direction == Direction::GradWeights) return;
    const std::string key = to_string(operands.w.type) + to_string(operands.w.extents);
    operands.w = kept.try_emplace(key, Tensor::copy_of(operands.w)).first->second;
  }
};

// A kernel with a workspace of that many bytes.
Mistakes with_workspace(std::size_t bytes) {
  return {.workspace = [bytes](const ConvProblem&, const Operands&) { return bytes; }};
}

// The sum starts from what the workspace holds.
Mistakes sums_left_in_the_workspace() {
  Mistakes mistakes = with_workspace(sizeof(double));
  mistakes.writes = [](const Finished& done) {
    return done.sum + load(DataType::F64, done.call.workspace.data());
  };
  return mistakes;
}

// The same where that is a number.
Mistakes numbers_left_in_the_workspace() {
  Mistakes mistakes = with_workspace(sizeof(double));
  mistakes.writes = [](const Finished& done) {
    const double left = load(DataType::F64, done.call.workspace.data());
    return std::isnan(left) ? done.sum : done.sum + left;
  };
  return mistakes;
}

constexpr double kMark = 0x5eed;

// The second call in the same workspace believes that its work is done.
Mistakes mark_in_the_workspace() {
  Mistakes mistakes = with_workspace(sizeof(double));
  mistakes.writes = [](const Finished& done) {
    return load(DataType::F64, done.call.workspace.data()) == kMark ? 0 : done.sum;
  };
  mistakes.after = [](const Call& call) { store(DataType::F64, call.workspace.data(), kMark); };
  return mistakes;
}

// 20 bytes, and one element more, before the workspace or behind it.
Mistakes workspace_left(bool at_the_end) {
  Mistakes mistakes = with_workspace(5 * sizeof(float));
  mistakes.after = [at_the_end](const Call& call) {
    std::byte* begin = call.workspace.data();
    store(DataType::F32, at_the_end ? begin + call.workspace.size() : begin - sizeof(float), 1);
  };
  return mistakes;
}

std::vector<Mutant> call_mutants() {
  return {
      {"RacingReduction",
       "the order of the sum differs from call to call",
       {.sums = RacingSum{}},
       "repeat",
       Fill::Real},
      {"OrderOfThreads",
       "the order of the sum depends on the number of threads",
       {.sums = a_part_for_each_thread},
       "repeat",
       Fill::Real},
      {"RestOfTheThreads",
       "right with one thread: what threads cannot share evenly is not added",
       {.sums = rest_of_the_division_lost},
       "repeat"},
      {"EverySecondCall",
       "every second call is a correlation where the first was a convolution",
       {.problem =
            [calls = 0](ConvProblem& problem) mutable {
              if (++calls % 2 == 0) problem.flip = !problem.flip;
            }},
       "repeat"},
      {"FiltersKept",
       "filters of a shape that was seen before are those of then",
       {.views = KeptFilters{}},
       "value",
       {},
       {"conv1d.forward f32 x=1x2x5 w=1x2x3", "conv1d.forward f32 x=1x2x5 w=1x2x3 seed=8"}},
  };
}

std::vector<Mutant> workspace_mutants() {
  return {
      {"StaleWorkspace", "sums start from what the workspace holds", sums_left_in_the_workspace(),
       "workspace"},
      {"NumbersInTheWorkspace", "sums start from what the workspace holds unless that is NaN",
       numbers_left_in_the_workspace(), "workspace"},
      {"MarkedWorkspace", "a second call in the same workspace takes the work for done",
       mark_in_the_workspace(), "workspace"},
      {.name = "WorkspaceOverrun",
       .what = "one element behind the workspace is written",
       .mistakes = workspace_left(true),
       .rule = "workspace",
       .needs_guards = true},
      {.name = "WorkspaceUnderrun",
       .what = "one element before the workspace is written",
       .mistakes = workspace_left(false),
       .rule = "workspace",
       .needs_guards = true},
  };
}

}  // namespace

std::vector<Mutant> state_mutants() {
  std::vector<Mutant> all = call_mutants();
  const std::vector<Mutant> more = workspace_mutants();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace convcheck
