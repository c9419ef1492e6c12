#include "fast/cuda/errors.h"

#include <cuda_runtime_api.h>

#include <stdexcept>

namespace convcheck::gpu {

std::string device_name() {
  int number = 0;
  cudaDeviceProp properties{};
  if (cudaGetDevice(&number) != cudaSuccess) {
    cudaGetLastError();
    return "cuda";
  }
  std::string name = "cuda:" + std::to_string(number);
  if (cudaGetDeviceProperties(&properties, number) == cudaSuccess) {
    return name + " " + properties.name;
  }
  cudaGetLastError();
  return name;
}

void check_cuda(int error, const std::string& call, const ConvProblem& problem) {
  const auto code = static_cast<cudaError_t>(error);
  if (code == cudaSuccess) return;
  cudaGetLastError();  // or the program's next question would be answered with it
  fail(call, std::string(cudaGetErrorString(code)) + " (" + cudaGetErrorName(code) + ")", problem);
}

void fail(const std::string& call, const std::string& what, const ConvProblem& problem) {
  throw std::runtime_error(call + ": " + what + ", on " + device_name() + ", for " +
                           to_string(problem));
}

}  // namespace convcheck::gpu
