#include <cuda_runtime.h>

#include "fast/cuda/corrmm_kernels.h"
#include "fast/cuda/device_numbers.cuh"

namespace convcheck::gpu {
namespace {

constexpr int kThreads = 256;
constexpr std::int64_t kMostBlocks = std::int64_t{1} << 20;

__device__ inline std::int64_t first_item() {
  return static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x;
}
__device__ inline std::int64_t step() { return static_cast<std::int64_t>(gridDim.x) * kThreads; }

template <class Stored>
__global__ void __launch_bounds__(kThreads)
    lower(const Lowered of, Matrix which, const Stored* operand, Stored* matrix) {
  const std::int64_t items = of.size(which);
  for (std::int64_t item = first_item(); item < items; item += step()) {
    const Source source = source_of(of, which, item);
    matrix[item] = source.inside ? operand[source.place] : Stored(0);
  }
}

template <class Stored, class Number>
__global__ void __launch_bounds__(kThreads)
    raise(const Lowered of, Matrix which, const Number* matrix, Stored* operand, bool bf16) {
  const std::int64_t items = of.size(which);
  for (std::int64_t item = first_item(); item < items; item += step()) {
    set_stored(operand[source_of(of, which, item).place], matrix[item], bf16);
  }
}

template <class Stored, class Number>
__global__ void __launch_bounds__(kThreads)
    add_up(const Lowered of, const Number* matrix, Stored* operand, bool bf16) {
  const std::int64_t items = input_elements(of);
  for (std::int64_t item = first_item(); item < items; item += step()) {
    Number sum = 0;
    const std::int64_t place =
        add_columns(of, item, [&](std::int64_t number) { sum += matrix[number]; });
    set_stored(operand[place], sum, bf16);
  }
}

template <class Stored>
__global__ void __launch_bounds__(kThreads)
    copy_box(const BoxCopy copy, const Stored* from, Stored* to) {
  const std::int64_t items = copy.items();
  for (std::int64_t item = first_item(); item < items; item += step()) {
    const BoxCopy::Places places = copy.places_of(item);
    to[places.to] = places.inside ? from[places.from] : Stored(0);
  }
}

// Not <<<>>>, whose error would have to be asked of all calls before, the program's own included.
template <class... Own, class... Given>
int start(void (*kernel)(Own...), std::int64_t items, void* stream, Given... given) {
  if (items <= 0) return cudaSuccess;
  const std::int64_t blocks = (items + kThreads - 1) / kThreads;
  void* arguments[] = {const_cast<void*>(static_cast<const void*>(&given))...};
  return cudaLaunchKernel(kernel,
                          dim3(static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks)),
                          dim3(kThreads), arguments, 0, static_cast<cudaStream_t>(stream));
}

template <class Stored, class Number>
struct Start {
  static int lower(const Lowered& of, Matrix which, const void* operand, void* matrix,
                   void* stream) {
    return start(gpu::lower<Stored>, of.size(which), stream, of, which,
                 static_cast<const Stored*>(operand), static_cast<Stored*>(matrix));
  }
  static int raise(const Lowered& of, Matrix which, const void* matrix, void* operand, bool bf16,
                   void* stream) {
    return start(gpu::raise<Stored, Number>, of.size(which), stream, of, which,
                 static_cast<const Number*>(matrix), static_cast<Stored*>(operand), bf16);
  }
  static int add_up(const Lowered& of, const void* matrix, void* operand, bool bf16, void* stream) {
    return start(gpu::add_up<Stored, Number>, input_elements(of), stream, of,
                 static_cast<const Number*>(matrix), static_cast<Stored*>(operand), bf16);
  }
};

template <class Stored>
int start_copy(const BoxCopy& copy, const void* from, void* to, void* stream) {
  return start(copy_box<Stored>, copy.items(), stream, copy, static_cast<const Stored*>(from),
               static_cast<Stored*>(to));
}

using Doubles = Start<double, double>;
using Singles = Start<float, float>;
using Shorts = Start<ShortBits, float>;

}  // namespace

int launch_lower(const Lowered& of, Matrix which, DataType type, const void* operand, void* matrix,
                 void* stream) {
  if (type == DataType::F64) return Doubles::lower(of, which, operand, matrix, stream);
  if (type == DataType::F32) return Singles::lower(of, which, operand, matrix, stream);
  return Shorts::lower(of, which, operand, matrix, stream);
}

int launch_raise(const Lowered& of, Matrix which, DataType type, const void* matrix, void* operand,
                 void* stream) {
  const bool bf16 = type == DataType::BF16;
  if (type == DataType::F64) return Doubles::raise(of, which, matrix, operand, bf16, stream);
  if (type == DataType::F32) return Singles::raise(of, which, matrix, operand, bf16, stream);
  return Shorts::raise(of, which, matrix, operand, bf16, stream);
}

int launch_add_columns(const Lowered& of, DataType type, const void* matrix, void* operand,
                       void* stream) {
  const bool bf16 = type == DataType::BF16;
  if (type == DataType::F64) return Doubles::add_up(of, matrix, operand, bf16, stream);
  if (type == DataType::F32) return Singles::add_up(of, matrix, operand, bf16, stream);
  return Shorts::add_up(of, matrix, operand, bf16, stream);
}

int launch_copy(const BoxCopy& copy, DataType type, const void* from, void* to, void* stream) {
  if (type == DataType::F64) return start_copy<double>(copy, from, to, stream);
  if (type == DataType::F32) return start_copy<float>(copy, from, to, stream);
  return start_copy<ShortBits>(copy, from, to, stream);
}

}  // namespace convcheck::gpu
