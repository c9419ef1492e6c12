// Products of matrices by cuBLAS. Internal to fast/cuda.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "reference/backend.h"

namespace convcheck::gpu {

// C = A B or, with beta 1, C += A B, for `count` matrices one behind the other: C is m x n, A m x k
// (stored k x m where it is transposed), B k x n (n x k). Row-major. A and B are of `type`; C is of
// f64 for f64 and f32 otherwise, and so is the arithmetic: never TF32.
struct Products {
  DataType type = DataType::F32;
  std::int64_t count = 0, m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false, add = false;
  const void* a = nullptr;
  const void* b = nullptr;
  void* c = nullptr;
  // cuBLAS's workspace, of this call alone while the stream has not done it: at a multiple of 256
  // bytes, and at least 16 KiB, without which some products fail.
  std::span<std::byte> scratch = {};
};

// Why cuBLAS cannot be used here; empty when it can.
const std::string& why_no_cublas();
// "13.0.2", of the library that is loaded; without a device, of its headers.
std::string cublas_version();

// Puts them into the stream, a cudaStream_t. May be called from several threads at once, for any
// streams. Throws std::runtime_error naming the call that failed, the problem and the device.
void multiply(const Products& products, const ConvProblem& problem, void* stream);

}  // namespace convcheck::gpu
