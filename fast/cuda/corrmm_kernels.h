// gpu_corrmm's kernels, and copies. Internal to fast/cuda and fast/cudnn. All pointers are to
// device memory.
#pragma once

#include "fast/cuda/box_copy.h"
#include "fast/cuda/lowered.h"
#include "reference/data_type.h"

namespace convcheck::gpu {

// Each puts its work into the stream, a cudaStream_t, and returns the launch's cudaError_t.

// A matrix from its operand, in the operand's type; padding is zeros.
int launch_lower(const Lowered& of, Matrix which, DataType type, const void* operand, void* matrix,
                 void* stream);
// An operand (w or y) from its matrix of sums: f64 for f64, otherwise f32.
int launch_raise(const Lowered& of, Matrix which, DataType type, const void* matrix, void* operand,
                 void* stream);
// The input from the sums of X's matrices.
int launch_add_columns(const Lowered& of, DataType type, const void* matrix, void* operand,
                       void* stream);

int launch_copy(const BoxCopy& copy, DataType type, const void* from, void* to, void* stream);

}  // namespace convcheck::gpu
