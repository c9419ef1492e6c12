#include "checker/cuda/cuda_memory.h"

#include <bit>
#include <cstdint>

#include "checker/cuda/cuda_check.h"

namespace convcheck::cuda {

void* Pinned::take(std::size_t bytes) {
  const std::size_t size = std::bit_ceil(bytes);
  {
    const std::lock_guard lock(mutex_);
    std::vector<void*>& free = free_[size];
    if (!free.empty()) {
      void* const memory = free.back();
      free.pop_back();
      return memory;
    }
  }
  void* memory = nullptr;
  const BesideCaptures beside;
  check(cudaHostAlloc(&memory, size, cudaHostAllocDefault), "cudaHostAlloc");
  return memory;
}

void Pinned::give_back(void* memory, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  free_[std::bit_ceil(bytes)].push_back(memory);
}

void* Pools::take(std::size_t bytes, cudaStream_t stream) {
  void* memory = nullptr;
  check(cudaMallocFromPoolAsync(&memory, bytes, current(), stream), "cudaMallocFromPoolAsync");
  return memory;
}

cudaMemPool_t Pools::current() {
  constexpr std::uint64_t kKept = std::uint64_t{256} << 20;
  int device = 0;
  check(cudaGetDevice(&device), "cudaGetDevice");
  const std::lock_guard lock(mutex_);
  cudaMemPool_t& pool = pools_[device];
  if (pool == nullptr) {
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location = {cudaMemLocationTypeDevice, device};
    check(cudaMemPoolCreate(&pool, &properties), "cudaMemPoolCreate");
    std::uint64_t kept = kKept;
    // A pool that keeps nothing is slow, but one.
    if (cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &kept) != cudaSuccess) {
      cudaGetLastError();
    }
  }
  return pool;
}

}  // namespace convcheck::cuda
