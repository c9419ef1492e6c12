// A call by one plan of cuDNN, with the copies that lead there and back. Internal to fast/cudnn.
#pragma once

#include <cstddef>

#include "fast/cudnn/graph.h"

namespace convcheck::cudnn {

// Puts it into the stream, a cudaStream_t. The workspace has the arrangement's copied_bytes and the
// plan's workspace. Throws std::runtime_error, naming call, problem and device.
void run_plan(const GraphPlan& plan, const Arrangement& arrangement, const ConvProblem& problem,
              const Operands& operands, std::byte* workspace, void* stream);

// The same as a backend, for who verifies it; what it refers to lives longer.
BackendPtr backend_of(const GraphPlan& plan, const Arrangement& arrangement,
                      const Arithmetic& arithmetic);

}  // namespace convcheck::cudnn
