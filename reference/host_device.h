// What a CUDA kernel calls as well as the host: the attributes that nvcc wants, nothing elsewhere.
#pragma once

#ifdef __CUDACC__
#define CONVCHECK_HOST_DEVICE __host__ __device__
#define CONVCHECK_INLINE __forceinline__
#define CONVCHECK_UNROLL _Pragma("unroll")
#else
#define CONVCHECK_HOST_DEVICE
#define CONVCHECK_INLINE inline
#define CONVCHECK_UNROLL
#endif
