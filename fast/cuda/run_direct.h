// A call of gpu_direct. Internal to fast/cuda.
#pragma once

#include <cstddef>
#include <string>

#include "fast/cuda/make_direct_call.h"

namespace convcheck::gpu {

// Puts the call into the stream, a cudaStream_t, with a workspace of workspace_bytes(). A result of
// empty sums is zeros. Throws std::runtime_error, naming `backend`, the problem and the device.
void run_direct(const ConvProblem& problem, const Operands& operands, const PlanOptions& options,
                std::byte* workspace, void* stream, const std::string& backend);

}  // namespace convcheck::gpu
