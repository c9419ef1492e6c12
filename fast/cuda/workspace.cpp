#include "fast/cuda/workspace.h"

#include <cuda_runtime_api.h>

#include <string>

#include "reference/backend.h"

namespace convcheck::gpu {

std::shared_ptr<std::byte> device_workspace(std::size_t bytes, void* stream) {
  void* memory = nullptr;
  const auto own_stream = static_cast<cudaStream_t>(stream);
  const cudaError_t error = cudaMallocAsync(&memory, bytes, own_stream);
  if (error != cudaSuccess) {
    cudaGetLastError();
    throw ConvError(
        ErrorKind::Memory, "workspace", std::to_string(bytes) + " bytes",
        std::string("device memory (cudaMallocAsync: ") + cudaGetErrorString(error) + ")");
  }
  return {static_cast<std::byte*>(memory), [own_stream](std::byte* mine) {
            if (cudaFreeAsync(mine, own_stream) != cudaSuccess) cudaGetLastError();
          }};
}

void use_device_workspaces() { set_device_workspaces(device_workspace); }

}  // namespace convcheck::gpu
