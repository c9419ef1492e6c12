#include "fast/cuda/cublas.h"

#include <cublas_v2.h>
#include <cuda_runtime_api.h>

#include <algorithm>

#include "fast/cuda/errors.h"
#include "fast/cuda/lender.h"
#include "fast/cuda/library.h"

namespace convcheck::gpu {
namespace {

struct Cublas {
  Library library{{"libcublas.so." + std::to_string(CUBLAS_VER_MAJOR)}};
  decltype(&cublasCreate_v2) create = nullptr;
  decltype(&cublasSetStream_v2) set_stream = nullptr;
  decltype(&cublasSetWorkspace_v2) set_workspace = nullptr;
  decltype(&cublasGetProperty) get_property = nullptr;
  decltype(&cublasGetStatusString) status_string = nullptr;
  decltype(&cublasGemmStridedBatchedEx_64) multiply = nullptr;

  Cublas() {
    library.find("cublasCreate_v2", create);
    library.find("cublasSetStream_v2", set_stream);
    library.find("cublasSetWorkspace_v2", set_workspace);
    library.find("cublasGetProperty", get_property);
    library.find("cublasGetStatusString", status_string);
    library.find("cublasGemmStridedBatchedEx_64", multiply);
  }

  void check(cublasStatus_t status, const char* call, const ConvProblem& problem) const {
    if (status != CUBLAS_STATUS_SUCCESS) fail(call, status_string(status), problem);
  }
};

Cublas& cublas() {
  static auto* const only = new Cublas;
  return *only;
}

// Handles of devices: each has one stream and one workspace at a time, so calls do not share them.
using Handles = Lender<cublasHandle_t>;

Handles::Loan current_handle(const ConvProblem& problem) {
  static auto* const handles = new Handles;
  int device = 0;
  check_cuda(cudaGetDevice(&device), "cudaGetDevice", problem);
  return handles->lend(device, [&] {
    cublasHandle_t made = nullptr;
    cublas().check(cublas().create(&made), "cublasCreate", problem);
    return made;
  });
}

struct Types {
  cudaDataType_t operands, result;
  cublasComputeType_t arithmetic;
};

// Pedantic: neither TF32 nor any other shorter arithmetic, whatever the process's settings.
Types types_of(DataType type) {
  switch (type) {
    case DataType::F64:
      return {CUDA_R_64F, CUDA_R_64F, CUBLAS_COMPUTE_64F_PEDANTIC};
    case DataType::F32:
      return {CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC};
    case DataType::F16:
      return {CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    default:
      return {CUDA_R_16BF, CUDA_R_32F, CUBLAS_COMPUTE_32F};
  }
}

}  // namespace

const std::string& why_no_cublas() { return cublas().library.reason(); }

std::string cublas_version() {
  int major = CUBLAS_VER_MAJOR, minor = CUBLAS_VER_MINOR, patch = CUBLAS_VER_PATCH;
  if (has_device() && why_no_cublas().empty()) {
    cublas().get_property(MAJOR_VERSION, &major);
    cublas().get_property(MINOR_VERSION, &minor);
    cublas().get_property(PATCH_LEVEL, &patch);
  }
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

void multiply(const Products& of, const ConvProblem& problem, void* stream) {
  constexpr std::int64_t kMostAtOnce = 32768;
  const Types types = types_of(of.type);
  const double one_double = 1, zero_double = 0;
  const float one = 1, zero = 0;
  const bool wide = of.type == DataType::F64;
  const void* const alpha = wide ? static_cast<const void*>(&one_double) : &one;
  const void* const beta = wide ? static_cast<const void*>(of.add ? &one_double : &zero_double)
                                : (of.add ? &one : &zero);
  const auto own = static_cast<std::int64_t>(size_of(of.type)), result = wide ? 8 : std::int64_t{4};
  const Handles::Loan loan = current_handle(problem);
  const cublasHandle_t handle = loan.get();
  cublas().check(cublas().set_stream(handle, static_cast<cudaStream_t>(stream)), "cublasSetStream",
                 problem);
  // After the stream, with which it goes back to the handle's own.
  cublas().check(cublas().set_workspace(handle, of.scratch.data(), of.scratch.size()),
                 "cublasSetWorkspace", problem);
  for (std::int64_t first = 0; first < of.count; first += kMostAtOnce) {
    const auto at = [&](const void* data, std::int64_t elements, std::int64_t size) {
      return static_cast<const std::byte*>(data) + first * elements * size;
    };
    // Its matrices are column-major: C^T = B^T A^T.
    const cublasStatus_t status = cublas().multiply(
        handle, of.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N,
        of.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, of.n, of.m, of.k, alpha,
        at(of.b, of.k * of.n, own), types.operands, of.transpose_b ? of.k : of.n, of.k * of.n,
        at(of.a, of.m * of.k, own), types.operands, of.transpose_a ? of.m : of.k, of.m * of.k, beta,
        const_cast<std::byte*>(at(of.c, of.m * of.n, result)), types.result, of.n, of.m * of.n,
        std::min(of.count - first, kMostAtOnce), types.arithmetic, CUBLAS_GEMM_DEFAULT);
    cublas().check(status, "cublasGemmStridedBatchedEx", problem);
  }
}

}  // namespace convcheck::gpu
