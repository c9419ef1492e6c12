// All that cuDNN offers for a call, for who measures it: not a way to compute.
#pragma once

#include <vector>

#include "reference/backend.h"

namespace convcheck {

// Each plan that dnn_conv may take for the call (plans that hold its claims, in the precision that
// the flags name), as a backend for this problem and operands laid out as these alone; best first
// as cuDNN estimates them. None where dnn_conv refuses the call. Their data is not looked at.
// Throws std::runtime_error where cuDNN fails.
std::vector<BackendPtr> every_cudnn_plan(const ConvProblem& problem, const Operands& operands);

}  // namespace convcheck
