// gpu_direct's kernels. Internal to fast/cuda.
#pragma once

#include "fast/cuda/last_copy.h"
#include "fast/cuda/plan.h"
#include "reference/data_type.h"

namespace convcheck::gpu {

// The data of the operands of the products in geometry.h's table, all of one type.
struct DirectOperands {
  DataType type = DataType::F32;
  const void* a = nullptr;
  const void* b = nullptr;
  void* c = nullptr;
  void* partial_sums = nullptr;
};

// Each puts its work into the stream, a cudaStream_t, and returns the first error of its launches,
// a cudaError_t.
int launch_copies(const LastCopies& copies, void* stream);
int launch_direct(const Plan& plan, const DirectOperands& operands, void* stream);

}  // namespace convcheck::gpu
