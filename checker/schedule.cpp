#include "checker/schedule.h"

#include <unistd.h>

#include "checker/run_case.h"
#include "reference/flops.h"

namespace convcheck {
namespace {

// Measured: filling, clearing and scanning a float.
constexpr double kSecondsPerByte = 0.5e-9;

}  // namespace

bool is_one_problem(const Case& c) {
  return c.function == Function::Conv || c.function == Function::ConvTranspose ||
         c.function == Function::CausalConv1d;
}

Cost cost_of(const Case& c, const SampleLimits& limits) {
  if (!is_one_problem(c)) return {.preparing = 1e-6 * static_cast<double>(element_count(c.x))};
  try {
    const ConvProblem problem = conv_problem(c);
    const std::int64_t bytes = operand_bytes(problem, c);
    const CallTypes types = usual_types(c);
    const Data data = make_data(problem, types, parse_fill(c.fill), c.seed);
    const auto whole = static_cast<double>(element_count(problem.result_shape())) *
                       static_cast<double>(oracle_steps(problem));
    return {.preparing = plan_coverage(problem, types, data, limits).seconds +
                         kSecondsPerByte * static_cast<double>(bytes),
            .flops = std::max(static_cast<double>(flops(problem)), 2 * whole),
            .bytes = bytes};
  } catch (const ConvError&) {
    return {};
  }
}

std::int64_t machine_memory() {
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

}  // namespace convcheck
