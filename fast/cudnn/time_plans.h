// The documentation's time_once and time_on_shape_change. Internal to fast/cudnn.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "fast/cudnn/graph.h"

namespace convcheck::cudnn {

// What is measured.
struct TimedCall {
  const ConvProblem& problem;
  const Operands& operands;
  const Arrangement& arrangement;
  const Arithmetic& arithmetic;
};

// The fastest of the plans, measured with CUDA's events on memory of its own, whose result is the
// definition's (checker/verify.h; where the checker has no device in use, that is not asked).
// `keep`: asked of the tuning cache first, and kept there. Nothing when all are wrong or fail.
// Throws std::runtime_error where CUDA fails.
std::optional<std::size_t> fastest_plan(const std::vector<GraphPlan>& plans, const TimedCall& call,
                                        bool keep);

}  // namespace convcheck::cudnn
