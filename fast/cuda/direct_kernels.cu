#include <cuda_runtime.h>

#include "fast/cuda/direct_kernels.h"
#include "fast/cuda/eights_kernels.cuh"
#include "fast/cuda/last_copy_kernels.cuh"
#include "fast/cuda/plain_kernels.cuh"

namespace convcheck::gpu {
namespace {

constexpr std::int64_t kMostBlocks = std::int64_t{1} << 24;
constexpr int kAdders = 128;

unsigned grid_of(std::int64_t blocks) {
  return static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks);
}

// The sums of all splits, in their order, where they belong. A block takes a row at a time.
template <class Stored, class Number>
__global__ void __launch_bounds__(kAdders)
    add_splits(const Plan plan, const Number* partial, Stored* c, bool bf16) {
  __shared__ Raw<sizeof(Product)> memory;
  Product& of = *reinterpret_cast<Product*>(&memory);
  for (std::int64_t row = blockIdx.x; row < plan.products * plan.most_m; row += gridDim.x) {
    const std::int64_t number = row / plan.most_m, m = row % plan.most_m;
    __syncthreads();
    if (threadIdx.x == 0) of = product_of(plan.conv, number);
    __syncthreads();
    for (std::int64_t n = threadIdx.x; n < of.n; n += kAdders) {
      Number sum = 0;
      for (std::int64_t split = 0; split < plan.splits; ++split) {
        sum += partial[plan.partial_sum(split, number, m, n)];
      }
      set_stored(c[place_in_c(of, m, column_side(plan.conv, of, n))], sum, bf16);
    }
  }
}

template <class Stored, class Number>
class Launch {
 public:
  Launch(const Plan& plan, const DirectOperands& operands, void* stream)
      : plan_(plan), operands_(operands), stream_(static_cast<cudaStream_t>(stream)) {}

  template <Kernel kKernel>
  cudaError_t plain_tiles() {
    return tiles(plain<Number, kKernel>, tile_of(kKernel).threads, 0);
  }
  template <Kernel kKernel>
  cudaError_t matrix_tiles() {
    return dynamic_tiles(by_matrix_units<Stored, kKernel>, tile_of(kKernel).threads,
                         MatrixTile<Stored, kKernel>::kBytes);
  }
  template <Kernel kKernel>
  cudaError_t short_tiles() {
    if (!plan_.by_eights) return matrix_tiles<kKernel>();
    return dynamic_tiles(by_eights<kKernel>, tile_of(kKernel).threads, kBytesByEights<kKernel>);
  }

 private:
  template <class Function>
  cudaError_t dynamic_tiles(Function kernel, int threads, int shared_bytes) {
    const cudaError_t error =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shared_bytes);
    return error != cudaSuccess ? error : tiles(kernel, threads, shared_bytes);
  }
  template <class Function>
  cudaError_t tiles(Function kernel, int threads, int shared_bytes) {
    auto* a = static_cast<const Stored*>(operands_.a);
    auto* b = static_cast<const Stored*>(operands_.b);
    auto* c = static_cast<Stored*>(operands_.c);
    auto* partial = static_cast<Number*>(operands_.partial_sums);
    bool bf16 = operands_.type == DataType::BF16;
    // Not <<<>>>, whose error would have to be asked of all calls before, the program's own too.
    void* arguments[] = {const_cast<Plan*>(&plan_), &a, &b, &c, &partial, &bf16};
    const cudaError_t error =
        cudaLaunchKernel(kernel, dim3(grid_of(plan_.blocks())), dim3(threads), arguments,
                         static_cast<std::size_t>(shared_bytes), stream_);
    if (error != cudaSuccess || plan_.splits == 1) return error;
    void* of_sums[] = {const_cast<Plan*>(&plan_), &partial, &c, &bf16};
    return cudaLaunchKernel(add_splits<Stored, Number>,
                            dim3(grid_of(plan_.products * plan_.most_m)), dim3(kAdders), of_sums, 0,
                            stream_);
  }

  const Plan& plan_;
  const DirectOperands& operands_;
  cudaStream_t stream_;
};

}  // namespace

int launch_copies(const LastCopies& copies, void* stream) {
  if (copies.blocks() == 0) return cudaSuccess;
  void* arguments[] = {const_cast<LastCopies*>(&copies)};
  return cudaLaunchKernel(copy_last, dim3(grid_of(copies.blocks())), dim3(LastCopy::kThreads),
                          arguments, 0, static_cast<cudaStream_t>(stream));
}

int launch_direct(const Plan& plan, const DirectOperands& operands, void* stream) {
  if (plan.blocks() == 0) return cudaSuccess;
  Launch<float, float> singles(plan, operands, stream);
  Launch<double, double> doubles(plan, operands, stream);
  Launch<ShortBits, float> shorts(plan, operands, stream);
  switch (plan.kernel) {
    case Kernel::Single:
      return singles.plain_tiles<Kernel::Single>();
    case Kernel::SingleThin:
      return singles.plain_tiles<Kernel::SingleThin>();
    case Kernel::Double:
      return doubles.plain_tiles<Kernel::Double>();
    case Kernel::Half:
      return shorts.short_tiles<Kernel::Half>();
    case Kernel::HalfNarrow:
      return shorts.short_tiles<Kernel::HalfNarrow>();
    case Kernel::Tf32:
      return singles.matrix_tiles<Kernel::Tf32>();
  }
  return cudaErrorInvalidValue;
}

}  // namespace convcheck::gpu
