// The calls of cuBLAS that the project makes, on the stand-in's streams.
#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstring>
#include <memory>

// CUDA's headers declare the name.
struct cublasContext {
  cudaStream_t stream = nullptr;
  void* workspace = nullptr;
  std::size_t bytes = 0;
};

namespace {

float number(half value) { return __half2float(value); }
float number(__nv_bfloat16 value) { return __bfloat162float(value); }
float number(float value) { return value; }
double number(double value) { return value; }

// One call, with everything by value: it is done later.
struct Products {
  bool transpose_a, transpose_b;
  std::int64_t m, n, k, line_a, line_b, line_c, step_a, step_b, step_c, count;
  const void *a, *b;
  void *c, *workspace;
  std::size_t bytes;
  double alpha, beta;

  template <class Stored, class Number>
  void multiply() const {
    // What was in the workspace is nobody's any more.
    if (bytes > 0) std::memset(workspace, 0xee, bytes);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto* const from_a = static_cast<const Stored*>(a) + i * step_a;
      const auto* const from_b = static_cast<const Stored*>(b) + i * step_b;
      auto* const to = static_cast<Number*>(c) + i * step_c;
      for (std::int64_t column = 0; column < n; ++column) {
        for (std::int64_t row = 0; row < m; ++row) {
          Number sum = 0;
          for (std::int64_t at = 0; at < k; ++at) {
            sum += number(from_a[transpose_a ? row * line_a + at : at * line_a + row]) *
                   number(from_b[transpose_b ? at * line_b + column : column * line_b + at]);
          }
          Number& result = to[column * line_c + row];
          // By zero nothing is multiplied: not even a NaN.
          const Number before = beta == 0 ? Number(0) : static_cast<Number>(beta) * result;
          result = static_cast<Number>(alpha) * sum + before;
        }
      }
    }
  }
};

template <class Stored, class Number>
void multiply(void* products) {
  const std::unique_ptr<Products> own(static_cast<Products*>(products));
  own->multiply<Stored, Number>();
}

cudaHostFn_t function_for(cudaDataType_t operands, cudaDataType_t result,
                          cublasComputeType_t arithmetic) {
  if (operands == CUDA_R_64F && result == CUDA_R_64F && arithmetic == CUBLAS_COMPUTE_64F_PEDANTIC) {
    return multiply<double, double>;
  }
  if (result != CUDA_R_32F) return nullptr;
  if (operands == CUDA_R_32F && arithmetic == CUBLAS_COMPUTE_32F_PEDANTIC) {
    return multiply<float, float>;
  }
  if (arithmetic != CUBLAS_COMPUTE_32F) return nullptr;
  if (operands == CUDA_R_16F) return multiply<half, float>;
  return operands == CUDA_R_16BF ? multiply<__nv_bfloat16, float> : nullptr;
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  *handle = {.stream = stream};
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  if (reinterpret_cast<std::uintptr_t>(workspace) % 256 != 0) return CUBLAS_STATUS_INVALID_VALUE;
  handle->workspace = workspace;
  handle->bytes = bytes;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetProperty(libraryPropertyType type, int* value) {
  *value = type == MAJOR_VERSION   ? CUBLAS_VER_MAJOR
           : type == MINOR_VERSION ? CUBLAS_VER_MINOR
                                   : CUBLAS_VER_PATCH;
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS         ? "success"
         : status == CUBLAS_STATUS_INVALID_VALUE ? "an argument is invalid"
                                                 : "not supported";
}
cublasStatus_t cublasGemmStridedBatchedEx_64(
    cublasHandle_t handle, cublasOperation_t transpose_a, cublasOperation_t transpose_b,
    std::int64_t m, std::int64_t n, std::int64_t k, const void* alpha, const void* a,
    cudaDataType_t type_a, std::int64_t line_a, long long step_a, const void* b,
    cudaDataType_t type_b, std::int64_t line_b, long long step_b, const void* beta, void* c,
    cudaDataType_t type_c, std::int64_t line_c, long long step_c, std::int64_t count,
    cublasComputeType_t arithmetic, cublasGemmAlgo_t) {
  if (handle == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
  const bool turned_a = transpose_a != CUBLAS_OP_N, turned_b = transpose_b != CUBLAS_OP_N;
  if (m < 0 || n < 0 || k < 0 || count < 0 || line_a < (turned_a ? k : m) ||
      line_b < (turned_b ? n : k) || line_c < m || line_a < 1 || line_b < 1 || line_c < 1) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  const cudaHostFn_t function =
      type_a == type_b ? function_for(type_a, type_c, arithmetic) : nullptr;
  if (function == nullptr) return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool wide = type_c == CUDA_R_64F;
  const auto scalar = [&](const void* value) {
    return wide ? *static_cast<const double*>(value) : double{*static_cast<const float*>(value)};
  };
  auto products = std::make_unique<Products>(
      Products{turned_a, turned_b, m, n, k, line_a, line_b, line_c, step_a, step_b, step_c, count,
               a, b, c, handle->workspace, handle->bytes, scalar(alpha), scalar(beta)});
  if (cudaLaunchHostFunc(handle->stream, function, products.get()) != cudaSuccess) {
    return CUBLAS_STATUS_EXECUTION_FAILED;
  }
  products.release();
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
