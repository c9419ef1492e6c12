// The documentation's dnn_conv and dnn_conv3d: convolution on a CUDA device by NVIDIA's cuDNN 9,
// through its graph interface.
#pragma once

#include <string>

#include "reference/backend.h"

namespace convcheck {

// "dnn_conv": ranks 1 to 3 (1-D as 2-D), all directions, groups, dilation, both flips, f64, f32,
// f16 or bf16 (one type for all operands). Pads that are not the same on both sides are made so by
// a copy of the input; strides or a flip that cuDNN does not take, by copies of all operands.
// Refuses, with the reason, unshared filters and what cuDNN has no plan for that holds the claims:
// a classical sum in the accumulator's precision, never TF32, and the same bits every time.
//
// Which plan it takes say the flags dnn.conv.algo_fwd, dnn.conv.algo_bwd_data and
// dnn.conv.algo_bwd_filter (fast/flags.h), in which precision dnn.conv.precision, whether at all
// dnn.enabled. What was chosen is kept for the process, of time_once also in the tuning cache
// (tuning.h). cuDNN is loaded at the first call; a call with no elements never reaches it.
BackendPtr dnn_conv_backend();

// Why cuDNN cannot be used on this machine; empty when it can.
std::string why_no_cudnn();

}  // namespace convcheck
