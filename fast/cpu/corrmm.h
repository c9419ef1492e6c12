// The documentation's CorrMM and Corr3dMM: convolution as matrix products over OpenBLAS.
//
// With W the filters of a group as a matrix (filters x taps of all channels), Y its output (filters
// x positions) and X the column matrix of its input (taps of all channels x positions; im2col:
// padding is a zero),
//
//   forward        Y = W X
//   grad_weights   W = Y X^T
//   grad_inputs    X = W^T Y, added up into the input (col2im)
//
// Unshared filters are the same with one position at a time. All three are computed in blocks, so
// the column matrix never exists as a whole; blocks, and with them every bit of the result, are the
// same for any number of threads. Blocks of one image run in parallel as well as those of several.
//
// OpenBLAS is set to one thread while a call runs, for the whole process, and set back afterwards:
// a product that the program computes at the same time on another thread may run on one thread,
// too.
#pragma once

#include <cstddef>

#include "reference/backend.h"

namespace convcheck {

// How much memory a call may use beyond its operands.
struct CorrmmOptions {
  // Of a block of the column matrix. A thread uses at most 5 times as much and 3 times 64 bytes;
  // gradients of few weights, which are summed in parts, use up to 2 MiB more for all threads
  // together.
  std::size_t block_bytes = std::size_t{1} << 20;
  // Of the whole call: fewer threads run where it is not enough, but always one.
  std::size_t workspace_limit = std::size_t{64} << 20;
};

// Ranks 1 to 3, f32 or f64 (one type for all operands), host memory, any strides; every kind of
// problem.
BackendPtr corrmm_backend(const CorrmmOptions& options = {});

}  // namespace convcheck
