// oneDNN as a backend of the benchmark alone: operands lie in plain row-major memory, and what it
// needs to bring them into its own layouts is part of the call.
#pragma once

#include "reference/backend.h"

namespace convcheck {

// Null where the build has no oneDNN. `blocked`: oneDNN chooses its layouts, else it gets nchw.
BackendPtr onednn_backend(bool blocked);

}  // namespace convcheck
