#include "checker/schedule.h"

#include <unistd.h>

#include <algorithm>

#include "checker/run_case.h"
#include "reference/flops.h"

namespace convcheck {
namespace {

// Measured: filling, clearing and scanning a float.
constexpr double kSecondsPerByte = 0.5e-9;

// Measured: a product of the slow reference, and how often it computes a composed function.
constexpr double kSecondsPerProduct = 5e-9;
constexpr double kReferenceRuns = 4;

std::int64_t after_channels(const Shape& shape, std::size_t channels) {
  Shape spatial;
  for (std::size_t axis = channels + 1; axis < shape.size(); ++axis) spatial.push_back(shape[axis]);
  return element_count(spatial);
}

// Of functions whose lowering is not known here, roughly: as if strides and pads were none, every
// filter met every position of every image. An upsampling multiplies every element by a kernel.
Cost composed_cost(const Case& c) {
  std::int64_t elements = 0, filters = 0;
  for (const Shape* shape : {&c.x, &c.w, &c.dw, &c.pw}) {
    if (shape->empty()) continue;
    elements += element_count(*shape);
    if (shape != &c.x) filters += element_count(*shape);
  }
  double products = 0, grown = static_cast<double>(elements);
  if (filters > 0 && !c.x.empty()) {
    const bool time_first = c.function == Function::Conv3d2d;
    const std::int64_t times = time_first ? c.x[1] : 1;
    products = static_cast<double>(filters) * static_cast<double>(c.x[0]) *
               static_cast<double>(times) *
               static_cast<double>(after_channels(c.x, time_first ? 2 : 1));
  } else {
    for (std::size_t axis = 0; axis < 2 && !c.ratio.empty(); ++axis) {
      grown *= static_cast<double>(c.ratio[axis % c.ratio.size()].numerator);
    }
    products = 24 * grown;  // measured: two passes, and the copies between them
  }
  const double bytes = std::min(kReferenceRuns * 8 * grown, 0x1p62);
  return {.preparing = kReferenceRuns * kSecondsPerProduct * products,
          .flops = 2 * products,
          .bytes = static_cast<std::int64_t>(bytes)};
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
