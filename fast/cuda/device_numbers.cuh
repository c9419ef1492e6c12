// Sums in the format in which they are stored, on a device.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "fast/cuda/staged_tile.h"

namespace convcheck::gpu {

__device__ inline void set_stored(float& to, float value, bool) { to = value; }
__device__ inline void set_stored(double& to, double value, bool) { to = value; }
__device__ inline void set_stored(ShortBits& to, float value, bool bf16) {
  to = bf16 ? __bfloat16_as_ushort(__float2bfloat16_rn(value))
            : __half_as_ushort(__float2half_rn(value));
}

}  // namespace convcheck::gpu
