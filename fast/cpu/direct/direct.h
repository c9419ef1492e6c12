// Convolution by kernels of our own, straight from the images.
//
// The forward map and the gradient of the inputs are products of packed filters with panels of the
// column matrix: a panel (up to 256 rows of a few dozen positions) is gathered from the image when
// it is needed, stays in the first caches and is forgotten; the column matrix never exists. The
// gradient of the inputs of a strided problem is computed in parts, one for each remainder of the
// input coordinates by the strides, each of which is a forward map without a stride. The gradient
// of the weights is products of rows of the column matrix with rows of y.
//
// Where neighbouring positions make no good vectors, something else does: channels for depthwise
// layers, outputs for small planes, images for unshared filters, which are read or written once,
// where they are.
//
// The kernels are written once with Highway, and chosen for the machine when they run. Every sum is
// computed by one thread in an order that the problem alone decides.
#pragma once

#include <cstddef>

#include "reference/backend.h"

namespace convcheck {

// How much memory a call may use beyond its operands.
struct DirectOptions {
  // Of packed filters; where they need more, the call runs in rounds.
  std::size_t filter_bytes = std::size_t{32} << 20;
  // Of the whole call: fewer threads run where it is not enough, but always one.
  std::size_t workspace_limit = std::size_t{64} << 20;
};

// Ranks 1 to 3; f64, or f32, f16 and bf16 with sums in f32 that are rounded once (one type for all
// operands); host memory, any strides. Refuses the gradient of the inputs of unshared filters in
// f16 and bf16, filters of more than 2^20 taps, and gradients of the inputs in more than 4096
// parts.
BackendPtr direct_backend(const DirectOptions& options = {});

}  // namespace convcheck
