#include "tests/gpu/stand_in/kernels.h"

namespace convcheck::gpu {

// What kernels there declare as `extern __shared__ unsigned char memory[]`.
alignas(128) constinit thread_local unsigned char memory[stand_in::kSharedBytes]{};

}  // namespace convcheck::gpu
