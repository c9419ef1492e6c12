// All that cuDNN offers for a call, for who measures it: not a way to compute.
#pragma once

#include <string>
#include <vector>

#include "reference/backend.h"

namespace convcheck {

struct CudnnPlan {
  BackendPtr backend;
  // What it does that dnn_conv claims not to do: "+tf32+transforms", say; see algorithms.h.
  std::string broken = {};
};

// Each plan that dnn_conv may take for the call (plans that hold its claims, in the precision that
// the flags name), as a backend for this problem and operands laid out as these alone; best first
// as cuDNN estimates them. Beside them some that break its claims, with as few copies of operands
// as they need. None where dnn_conv refuses the call. Their data is not looked at. Throws
// std::runtime_error where cuDNN fails.
std::vector<CudnnPlan> every_cudnn_plan(const ConvProblem& problem, const Operands& operands);

}  // namespace convcheck
