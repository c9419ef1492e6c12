// A kernel behind convcheck's C interface, in CUDA: one thread for each element of the output,
// forward only, f32, operands in device memory with any strides.
#include <cuda_runtime.h>

#include <algorithm>

#include "checker/plugin.h"

namespace {

// What the device needs to know, passed by value.
struct Arguments {
  ConvcheckProblem problem;
  ConvcheckTensor x, w, y;
};

// The places of an output element, and what is common to all its products.
struct Element {
  int64_t n, k, o[3];
};

__host__ __device__ int64_t output_size(const Arguments& a) {
  int64_t size = 1;
  for (int axis = 0; axis < a.y.rank; ++axis) size *= a.y.extents[axis];
  return size;
}

// Element `number` of the output, counted row by row.
__host__ __device__ Element element_at(const Arguments& a, int64_t number) {
  Element at{};
  for (int axis = a.problem.rank; axis-- > 0; number /= a.y.extents[2 + axis])
    at.o[axis] = number % a.y.extents[2 + axis];
  at.n = number / a.problem.filters;
  at.k = number % a.problem.filters;
  return at;
}

__host__ __device__ int64_t taps(const Arguments& a) {
  int64_t size = 1;
  for (int axis = 0; axis < a.problem.rank; ++axis) size *= a.problem.windows[axis].filter;
  return size;
}

// Moves the two offsets from a channel's first elements to those of a tap; false on padding.
__host__ __device__ bool find_tap(const Arguments& a, const Element& at, int64_t number, int64_t& x,
                                  int64_t& w) {
  for (int axis = a.problem.rank; axis-- > 0;) {
    const ConvcheckWindow& window = a.problem.windows[axis];
    const int64_t f = number % window.filter;
    number /= window.filter;
    const int64_t i = at.o[axis] * window.stride + f * window.dilation - window.pad_before;
    if (i < 0 || i >= window.input) return false;
    x += i * a.x.strides[2 + axis];
    w += (a.problem.flip ? window.filter - 1 - f : f) * a.w.strides[2 + axis];
  }
  return true;
}

__host__ __device__ void compute(const Arguments& a, int64_t number) {
  const Element at = element_at(a, number);
  const int64_t channels = a.problem.channels / a.problem.groups;
  const int64_t first = at.k / (a.problem.filters / a.problem.groups) * channels;
  float sum = 0;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t tap = 0; tap < taps(a); ++tap) {
      int64_t x = at.n * a.x.strides[0] + (first + c) * a.x.strides[1];
      int64_t w = at.k * a.w.strides[0] + c * a.w.strides[1];
      if (find_tap(a, at, tap, x, w))
        sum += static_cast<const float*>(a.x.data)[x] * static_cast<const float*>(a.w.data)[w];
    }
  }
  int64_t y = at.n * a.y.strides[0] + at.k * a.y.strides[1];
  for (int axis = 0; axis < a.problem.rank; ++axis) y += at.o[axis] * a.y.strides[2 + axis];
  static_cast<float*>(a.y.data)[y] = sum;
}

constexpr int64_t kMostBlocks = 65535;

// However many blocks there are, every element is computed.
__global__ void compute_all(Arguments a) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < output_size(a);
       i += step)
    compute(a, i);
}

const char* refusal(void*, const ConvcheckCall* call) {
  if (call->x->memory != ConvcheckCuda) return "host memory, needs device memory";
  if (call->problem->direction != ConvcheckForward) return "a gradient, does only forward";
  if (call->problem->unshared) return "unshared filters, does only shared ones";
  if (call->x->type != ConvcheckF32 || call->w->type != ConvcheckF32 ||
      call->y->type != ConvcheckF32)
    return "a data type other than f32";
  return nullptr;
}

size_t workspace_bytes(void*, const ConvcheckCall*) { return 0; }

const char* run(void*, const ConvcheckCall* call) {
  const Arguments a{*call->problem, *call->x, *call->w, *call->y};
  if (output_size(a) == 0) return nullptr;
  const unsigned threads = 256;
  const auto blocks = static_cast<unsigned>(
      std::min<int64_t>((output_size(a) + threads - 1) / threads, kMostBlocks));
  const auto stream = static_cast<cudaStream_t>(call->stream);
  compute_all<<<blocks, threads, 0, stream>>>(a);
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

ConvcheckPlugin described() {
  ConvcheckPlugin plugin{};
  plugin.struct_size = sizeof plugin;
  plugin.abi_version = CONVCHECK_ABI_VERSION;
  plugin.name = "direct-cuda";
  plugin.refusal = refusal;
  plugin.workspace_bytes = workspace_bytes;
  plugin.run = run;
  plugin.deterministic = plugin.deterministic_across_threads = 1;
  return plugin;
}

}  // namespace

const ConvcheckPlugin* convcheck_plugin() {
  static const ConvcheckPlugin plugin = described();
  return &plugin;
}
