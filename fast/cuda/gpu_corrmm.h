// The documentation's GpuCorrMM and GpuCorr3dMM: convolution on a CUDA device as matrix products
// over cuBLAS, of the matrices that im2col makes (lowered.h).
#pragma once

#include <cstddef>

#include "reference/backend.h"

namespace convcheck {

struct GpuCorrmmOptions {
  // Of a call, for all matrices: so many images are lowered at a time as fit, but always one.
  // cuBLAS's own workspace, at most 32 MiB, comes on top.
  std::size_t workspace_limit = std::size_t{512} << 20;
};

// "gpu_corrmm": every kind of problem in ranks 1 to 3, f64, f32, f16 or bf16 (one type for all
// operands), any strides. f32 and f64 are multiplied and added up in their own precision (never in
// TF32), f16 and bf16 added up in f32. cuBLAS is loaded at the first call; where it is missing,
// calls are refused with that reason.
BackendPtr gpu_corrmm_backend(const GpuCorrmmOptions& options = {});

}  // namespace convcheck
