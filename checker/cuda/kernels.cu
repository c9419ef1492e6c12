#include <cuda_runtime.h>

#include "checker/cuda/kernels.h"

namespace convcheck::cuda {
namespace {

constexpr int kThreads = 128;
constexpr std::int64_t kMostBlocks = std::int64_t{1} << 20;

// Shared memory is not constructed.
template <class Stored>
struct alignas(16) Raw {
  unsigned char bytes[sizeof(Stored)];
};

// However many blocks there are, every item is done.
template <class Work>
__global__ void __launch_bounds__(kThreads) each(const Work work, std::int64_t items) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
       item < items; item += step) {
    work(item);
  }
}

// A thread's share of what its block does.
template <class Sums>
struct Threads {
  Sums own;

  template <class What>
  __device__ void each(const What& what) {
    what(static_cast<int>(threadIdx.x), own);
    __syncthreads();
  }
};

// The same of a work by blocks, at least four of which a processor has at a time: what a block
// waits for is the memory.
template <class Work>
__global__ void __launch_bounds__(Work::kThreads, 4) each_block(const Work work) {
  __shared__ Raw<typename Work::Shared> memory;
  auto& shared = *reinterpret_cast<typename Work::Shared*>(&memory);
  Threads<typename Work::Sums> threads;
  for (std::int64_t block = blockIdx.x; block < work.blocks(); block += gridDim.x) {
    work.run(block, shared, threads);
  }
}

template <class Work>
int launch_blocks(const Work& work, void* stream) {
  const std::int64_t blocks = work.blocks();
  if (blocks <= 0) return cudaSuccess;
  const auto grid = static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks);
  void* arguments[] = {const_cast<Work*>(&work)};
  return cudaLaunchKernel(each_block<Work>, dim3(grid), dim3(Work::kThreads), arguments, 0,
                          static_cast<cudaStream_t>(stream));
}

template <class Work>
int launch_each(const Work& work, std::int64_t items, void* stream) {
  if (items <= 0) return cudaSuccess;
  const std::int64_t blocks = (items + kThreads - 1) / kThreads;
  const auto grid = static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks);
  // Not <<<>>>, whose error would have to be asked of all calls before, the program's own included.
  void* arguments[] = {const_cast<Work*>(&work), &items};
  return cudaLaunchKernel(each<Work>, dim3(grid), dim3(kThreads), arguments, 0,
                          static_cast<cudaStream_t>(stream));
}

}  // namespace

int launch(const device::FillWork& work, std::int64_t items, void* stream) {
  return launch_each(work, items, stream);
}
int launch(const device::CanaryWork& work, std::int64_t items, void* stream) {
  return launch_each(work, items, stream);
}
int launch(const device::SumWork& work, std::int64_t items, void* stream) {
  return launch_each(work, items, stream);
}
int launch(const device::ProjectionWork<std::uint64_t>& work, void* stream) {
  return launch_blocks(work, stream);
}
int launch(const device::ProjectionWork<double>& work, void* stream) {
  return launch_blocks(work, stream);
}

}  // namespace convcheck::cuda
