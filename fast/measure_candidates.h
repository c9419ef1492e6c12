// How fast backends are on a call, and whether they may be used for it.
#pragma once

#include <vector>

#include "fast/tuning.h"

namespace convcheck {

// Verifies and measures them on the problem, whatever was found out before. `operands` give types
// and strides; their data is not looked at. `chosen` is empty when none can be used.
Tuning measure_candidates(const std::vector<BackendPtr>& candidates, const ConvProblem& problem,
                          const Operands& operands, const RunContext& context);

}  // namespace convcheck
