#include <cuda_runtime.h>

#include "checker/cuda/kernels.h"

namespace convcheck::cuda {
namespace {

constexpr int kThreads = 128;
constexpr std::int64_t kMostBlocks = std::int64_t{1} << 20;

// However many blocks there are, every item is done.
template <class Work>
__global__ void __launch_bounds__(kThreads) each(const Work work, std::int64_t items) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
       item < items; item += step) {
    work(item);
  }
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
int launch(const device::ProjectionWork<std::uint64_t>& work, std::int64_t items, void* stream) {
  return launch_each(work, items, stream);
}
int launch(const device::ProjectionWork<double>& work, std::int64_t items, void* stream) {
  return launch_each(work, items, stream);
}

}  // namespace convcheck::cuda
