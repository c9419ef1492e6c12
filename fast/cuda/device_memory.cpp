#include "fast/cuda/device_memory.h"

#include <cuda_runtime_api.h>

#include <algorithm>

#include "fast/cuda/errors.h"

namespace convcheck::gpu {
namespace {

cudaEvent_t event(void* mine) { return static_cast<cudaEvent_t>(mine); }

}  // namespace

DeviceMemory::DeviceMemory(std::size_t bytes, const ConvProblem& problem) {
  void* memory = nullptr;
  check_cuda(cudaMalloc(&memory, std::max<std::size_t>(bytes, 1)), "cudaMalloc", problem);
  data_ = static_cast<std::byte*>(memory);
  check_cuda(cudaMemset(memory, 0x38, bytes), "cudaMemset", problem);
  check_cuda(cudaDeviceSynchronize(), "cudaDeviceSynchronize", problem);
}

DeviceMemory::~DeviceMemory() {
  if (data_ != nullptr && cudaFree(data_) != cudaSuccess) cudaGetLastError();
}

Moment::Moment(const ConvProblem& problem) : problem_(problem) {
  cudaEvent_t made = nullptr;
  check_cuda(cudaEventCreate(&made), "cudaEventCreate", problem);
  event_ = made;
}

Moment::~Moment() {
  if (cudaEventDestroy(event(event_)) != cudaSuccess) cudaGetLastError();
}

void Moment::record(void* stream) {
  check_cuda(cudaEventRecord(event(event_), static_cast<cudaStream_t>(stream)), "cudaEventRecord",
             problem_);
}

double Moment::seconds_since(const Moment& start) const {
  float milliseconds = 0;
  check_cuda(cudaEventSynchronize(event(event_)), "cudaEventSynchronize", problem_);
  check_cuda(cudaEventElapsedTime(&milliseconds, event(start.event_), event(event_)),
             "cudaEventElapsedTime", problem_);
  return milliseconds / 1e3;
}

}  // namespace convcheck::gpu
