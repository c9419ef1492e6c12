// What nvcc knows by itself, for a compiler of the host: included before the first line of a file
// of kernels. Kernels are launched by cudaLaunchKernel, whose name is enough for it; <<<>>> is not
// C++.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "tests/gpu/stand_in/blocks.h"

#define __launch_bounds__(...)
#undef __shared__
#define __shared__ thread_local  // all threads of a block run in one of the host
#define threadIdx (::convcheck::stand_in::place.thread)
#define blockIdx (::convcheck::stand_in::place.block)
#define blockDim (::convcheck::stand_in::place.threads)
#define gridDim (::convcheck::stand_in::place.blocks)

namespace convcheck::gpu {

extern constinit __align__(128) thread_local unsigned char memory[];  // shared_memory.cpp

}  // namespace convcheck::gpu

namespace convcheck::stand_in {

// Runs it in the stream once everything before is done; `thread` has the arguments as they are now.
cudaError_t launch(const void* kernel, dim3 blocks, dim3 threads, Shared shared,
                   cudaStream_t stream, std::function<void()> thread);

template <class... Own, std::size_t... kNumbers>
std::tuple<std::remove_cv_t<Own>...> values_of(void** arguments, std::index_sequence<kNumbers...>) {
  return {*static_cast<const std::remove_cv_t<Own>*>(arguments[kNumbers])...};
}

}  // namespace convcheck::stand_in

template <class... Own>
cudaError_t cudaLaunchKernel(void (*kernel)(Own...), dim3 blocks, dim3 threads, void** arguments,
                             std::size_t shared_bytes = 0, cudaStream_t stream = nullptr) {
  auto values =
      convcheck::stand_in::values_of<Own...>(arguments, std::index_sequence_for<Own...>());
  return convcheck::stand_in::launch(reinterpret_cast<const void*>(kernel), blocks, threads,
                                     {[] { return convcheck::gpu::memory; }, shared_bytes}, stream,
                                     [kernel, values] { std::apply(kernel, values); });
}

template <class... Own>
cudaError_t cudaFuncSetAttribute(void (*kernel)(Own...), cudaFuncAttribute attribute, int value) {
  return ::cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), attribute, value);
}

inline void __syncthreads() { convcheck::stand_in::wait_for_block(); }
inline void __syncwarp() { convcheck::stand_in::wait_for_warp(); }
