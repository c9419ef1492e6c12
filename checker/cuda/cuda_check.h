// Errors of CUDA's calls, as DeviceError. Internal to checker/cuda.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

namespace convcheck::cuda {

// "cuda:0 NVIDIA H200", or "cuda" where that cannot be asked.
std::string device_name();

// Throws DeviceError, naming the call and the device, unless `error` is success.
void check(cudaError_t error, const char* call);

}  // namespace convcheck::cuda
