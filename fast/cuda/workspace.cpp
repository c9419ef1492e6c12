#include "fast/cuda/workspace.h"

#include <cuda_runtime_api.h>

#include <map>
#include <mutex>
#include <string>

#include "reference/backend.h"

namespace convcheck::gpu {

namespace {

// What a pool keeps while the program waits for a stream; the default one keeps nothing, and to
// have it again from the system takes longer than many a call.
constexpr std::uint64_t kKept = std::uint64_t{256} << 20;

// A pool that keeps nothing is slow, but one.
cudaError_t make_pool(int device, cudaMemPool_t& pool) {
  cudaMemPoolProps properties{};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location = {cudaMemLocationTypeDevice, device};
  const cudaError_t error = cudaMemPoolCreate(&pool, &properties);
  std::uint64_t kept = kKept;
  if (error == cudaSuccess &&
      cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept) != cudaSuccess) {
    cudaGetLastError();
  }
  return error;
}

// Of the current device; never destroyed: its memory may be in use to the end.
cudaError_t current_pool(cudaMemPool_t& pool) {
  static auto* const mutex = new std::mutex;
  static auto* const pools = new std::map<int, cudaMemPool_t>;
  int device = 0;
  if (const cudaError_t error = cudaGetDevice(&device); error != cudaSuccess) return error;
  const std::lock_guard lock(*mutex);
  cudaMemPool_t& own = (*pools)[device];
  const cudaError_t error = own == nullptr ? make_pool(device, own) : cudaSuccess;
  pool = own;
  return error;
}

}  // namespace

std::shared_ptr<std::byte> device_workspace(std::size_t bytes, void* stream) {
  void* memory = nullptr;
  cudaMemPool_t pool = nullptr;
  const auto own_stream = static_cast<cudaStream_t>(stream);
  cudaError_t error = current_pool(pool);
  if (error == cudaSuccess) error = cudaMallocFromPoolAsync(&memory, bytes, pool, own_stream);
  if (error != cudaSuccess) {
    cudaGetLastError();
    throw ConvError(
        ErrorKind::Memory, "workspace", std::to_string(bytes) + " bytes",
        std::string("device memory (cudaMallocFromPoolAsync: ") + cudaGetErrorString(error) + ")");
  }
  return {static_cast<std::byte*>(memory), [own_stream](std::byte* mine) {
            if (cudaFreeAsync(mine, own_stream) != cudaSuccess) cudaGetLastError();
          }};
}

void use_device_workspaces() { set_device_workspaces(device_workspace); }

}  // namespace convcheck::gpu
