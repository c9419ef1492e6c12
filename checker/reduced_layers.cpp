#include "checker/reduced_layers.h"

#include <algorithm>
#include <set>

#include "checker/schedule.h"

namespace convcheck {
namespace {

constexpr std::int64_t kModulus = 16;

// The moduli of the remainders that are kept.
struct Keeping {
  std::int64_t outer, last;        // of the spatial axes before the last, and of the last
  std::int64_t groups = kModulus;  // of groups of several channels
  bool filters = false;            // whether filters are reduced, too
};

constexpr Keeping kKept[] = {{16, 16}, {8, 16}, {4, 16}, {4, 16, 4}, {4, 4, 4}, {4, 4, 4, true}};

// The smallest number with the remainder of `extent` that is at least `least`, if `extent` is.
std::int64_t reduced(std::int64_t extent, std::int64_t modulus, std::int64_t least) {
  return extent <= least ? extent : extent - (extent - least) / modulus * modulus;
}

// One stays one, and several stay several.
std::int64_t reduced_count(std::int64_t count) { return reduced(count, kModulus, 2); }

Window reduced(Window window, std::int64_t modulus, bool filters) {
  const std::int64_t places = std::min<std::int64_t>(window.output(), 2);
  if (filters) window.filter = reduced(window.filter, modulus, 2);
  const std::int64_t least =
      window.dilated_filter() - window.pad_before - window.pad_after + (places - 1) * window.stride;
  window.input = reduced(window.input, modulus, std::max<std::int64_t>(least, 1));
  return window;
}

ConvProblem reduced(ConvProblem problem, const Keeping& keeping) {
  const std::int64_t channels = reduced_count(problem.group_channels()),
                     filters = reduced_count(problem.group_filters());
  problem.batch = std::min<std::int64_t>(problem.batch, 1);
  problem.groups = reduced(problem.groups, channels > 1 ? keeping.groups : kModulus, 2);
  problem.channels = problem.groups * channels;
  problem.filters = problem.groups * filters;
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const std::int64_t modulus = axis + 1 == problem.rank ? keeping.last : keeping.outer;
    problem.windows[axis] = reduced(problem.windows[axis], modulus, keeping.filters);
  }
  return problem;
}

// The case with the extents of another problem; its border is spelled as it was, if it means the
// same.
Case with_extents(Case c, const ConvProblem& problem) {
  c.x = problem.x_shape();
  c.w = problem.w_shape();
  c.groups = problem.groups;
  ConvProblem spelled = conv_problem(c);
  if (!(spelled == problem)) c.border = make_case(problem, c.x_type).border;
  return c;
}

double dearest_direction(Case c) {
  double dearest = 0;
  for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
    c.part = part;
    dearest = std::max(dearest, cost_of(c, {}).repeated());
  }
  return dearest;
}

}  // namespace

Case reduced_layer(const Case& layer) {
  Case c;
  for (const Keeping& keeping : kKept) {
    c = with_extents(layer, reduced(conv_problem(layer), keeping));
    if (dearest_direction(c) <= kReducedFlops) break;
  }
  if (!c.name.empty()) c.name += "/reduced";
  return c;
}

std::vector<Case> reduced_layers(const std::vector<Case>& layers) {
  std::vector<Case> all;
  std::set<std::string> seen;
  for (const Case& layer : layers) {
    const Case c = reduced_layer(layer);
    Case unnamed = c;
    unnamed.name.clear();
    if (seen.insert(to_string(unnamed)).second) all.push_back(c);
  }
  return all;
}

}  // namespace convcheck
