// The documentation's time_once and time_on_shape_change. Internal to fast/cudnn.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fast/cudnn/graph.h"

namespace convcheck::cudnn {

// The fastest of the plans, measured on memory of its own; `keep`: asked of the tuning cache first
// and kept there. Throws std::runtime_error where a call fails.
std::size_t fastest_plan(const std::vector<GraphPlan>& plans, const Arrangement& arrangement,
                         const ConvProblem& problem, const Operands& operands, bool keep);

}  // namespace convcheck::cudnn
