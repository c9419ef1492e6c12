// Numbers of the four formats on a device: stored ones in and out of what is added up.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

namespace convcheck::gpu {

// The bits of either short format; which one is known when it runs, so that a kernel is compiled
// once for both.
using ShortBits = std::uint16_t;

__device__ inline float to_number(float stored, bool) { return stored; }
__device__ inline double to_number(double stored, bool) { return stored; }
__device__ inline float to_number(ShortBits stored, bool bf16) {
  return bf16 ? __bfloat162float(__ushort_as_bfloat16(stored))
              : __half2float(__ushort_as_half(stored));
}

__device__ inline void set_stored(float& to, float value, bool) { to = value; }
__device__ inline void set_stored(double& to, double value, bool) { to = value; }
__device__ inline void set_stored(ShortBits& to, float value, bool bf16) {
  to = bf16 ? __bfloat16_as_ushort(__float2bfloat16_rn(value))
            : __half_as_ushort(__float2half_rn(value));
}

}  // namespace convcheck::gpu
