// Errors of CUDA's calls, as exceptions. Internal to fast/cuda and fast/cudnn.
#pragma once

#include <string>

#include "reference/backend.h"

namespace convcheck::gpu {

// "cuda:0 NVIDIA H200", or "cuda" where that cannot be asked.
std::string device_name();

// Throws std::runtime_error, naming the call, the problem and the device, unless `error`, a
// cudaError_t, is success.
void check_cuda(int error, const std::string& call, const ConvProblem& problem);

// The same error of another library's call: `what` is its status in words.
[[noreturn]] void fail(const std::string& call, const std::string& what,
                       const ConvProblem& problem);

}  // namespace convcheck::gpu
