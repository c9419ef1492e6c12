// What a CUDA kernel calls as well as the host: the attributes that nvcc wants, nothing elsewhere.
#pragma once

#ifdef __CUDACC__
#define CONVCHECK_HOST_DEVICE __host__ __device__
#define CONVCHECK_INLINE __forceinline__
#else
#define CONVCHECK_HOST_DEVICE
#define CONVCHECK_INLINE inline
#endif

// Before a loop whose variables shall be registers.
#ifdef __CUDA_ARCH__
#define CONVCHECK_UNROLL _Pragma("unroll")
#else
#define CONVCHECK_UNROLL
#endif
