#include "checker/schedule.h"

#include <unistd.h>

#include <algorithm>

#include "checker/closed_forms/closed_form.h"
#include "checker/run_case.h"
#include "reference/flops.h"

namespace convcheck {
namespace {

// Measured: filling, clearing and scanning a float.
constexpr double kSecondsPerByte = 0.5e-9;

// Measured: a product of a closed form, which is added up once or, with smaller integers, again.
constexpr double kSecondsPerProduct = 50e-9;

// The operands and the result in f64, and the sums.
constexpr double kBytesPerElement = 40;

Cost composed_cost(const Case& c) {
  const ClosedForm form = closed_form(c);
  double elements = 0;
  for (const Shape& shape : form.shapes) elements += static_cast<double>(element_count(shape));
  return {.preparing = kSecondsPerProduct * form.products,
          .flops = 2 * form.products,
          .loops = 2 * form.products,
          .bytes = static_cast<std::int64_t>(std::min(kBytesPerElement * elements, 0x1p62))};
}

}  // namespace

bool is_one_problem(const Case& c) {
  return c.function == Function::Conv || c.function == Function::ConvTranspose ||
         c.function == Function::CausalConv1d;
}

Cost cost_of(const Case& c, const SampleLimits& limits) {
  try {
    if (!is_one_problem(c)) return composed_cost(c);
    const ConvProblem problem = conv_problem(c);
    const std::int64_t bytes = operand_bytes(problem, c);
    const CallTypes types = usual_types(c);
    const Data data = make_data(problem, types, parse_fill(c.fill), c.seed);
    const auto whole = static_cast<double>(element_count(problem.result_shape())) *
                       static_cast<double>(oracle_steps(problem));
    return {.preparing = plan_coverage(problem, types, data, limits).seconds +
                         kSecondsPerByte * static_cast<double>(bytes),
            .flops = static_cast<double>(flops(problem)),
            .loops = std::max(static_cast<double>(flops(problem)), 2 * whole),
            .bytes = bytes};
  } catch (const ConvError&) {
    return {};
  }
}

std::int64_t machine_memory() {
  return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

}  // namespace convcheck
