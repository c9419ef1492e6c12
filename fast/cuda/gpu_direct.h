// Convolution on a CUDA device as implicit matrix products: tiles of the matrices that im2col would
// make are gathered from the operands into shared memory, and nothing of them is stored. Kernels of
// our own; see geometry.h for the products and plan.h for how a device divides them.
#pragma once

#include "reference/backend.h"

namespace convcheck {

// "gpu_direct": every kind of problem in ranks 1 to 3, f64, f32, f16 or bf16 (one type for all
// operands), any strides. f32 and f64 are multiplied and added in their own precision; f16 and bf16
// on matrix units, added up in f32. Sums that are divided are added in a fixed order: the same bits
// every time. The workspace holds their parts and, of f16 and bf16, copies of operands with their
// channels last, at most 256 MiB together.
BackendPtr gpu_direct_backend();

// "gpu_direct_tf32": f32 only, its inputs rounded to TF32 (11 bits), which it claims; added up in
// f32.
BackendPtr gpu_direct_tf32_backend();

}  // namespace convcheck
