// Memory that is had and given back often. Internal to checker/cuda.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

namespace convcheck::cuda {

// Page-locked memory, kept for the next transfer: to have or to free it makes streams wait.
class Pinned {
 public:
  void* take(std::size_t bytes);
  void give_back(void* memory, std::size_t bytes);

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;  // by size; never freed
};

// Memory that streams have and give back in their order, of a pool of each device: the default one
// gives what it has not lent back to the system whenever the program waits for a stream.
class Pools {
 public:
  void* take(std::size_t bytes, cudaStream_t stream);

 private:
  cudaMemPool_t current();

  std::mutex mutex_;
  std::map<int, cudaMemPool_t> pools_;  // never destroyed: their memory may be in use to the end
};

}  // namespace convcheck::cuda
