// What a CUDA kernel calls as well as the host: the attributes that nvcc wants, nothing elsewhere.
#pragma once

#ifdef __CUDACC__
#define CONVCHECK_HOST_DEVICE __host__ __device__
#else
#define CONVCHECK_HOST_DEVICE
#endif
