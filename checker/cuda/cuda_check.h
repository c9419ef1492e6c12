// Errors of CUDA's calls, as DeviceError. Internal to checker/cuda.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

namespace convcheck::cuda {

// "cuda:0 NVIDIA H200", or "cuda" where that cannot be asked.
std::string device_name();

// Throws DeviceError, naming the call and the device, unless `error` is success.
void check(cudaError_t error, const char* call);

// While one lives, calls that wait, ask for an event or have memory are allowed to this thread
// though the program captures a stream into a graph: by itself CUDA would end the capture.
class BesideCaptures {
 public:
  BesideCaptures() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  BesideCaptures(const BesideCaptures&) = delete;
  BesideCaptures& operator=(const BesideCaptures&) = delete;
  ~BesideCaptures() { cudaThreadExchangeStreamCaptureMode(&mode_); }

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

}  // namespace convcheck::cuda
