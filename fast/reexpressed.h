// A convolution computed as another one: other backends for the same call, which the meta-optimizer
// measures beside them.
//
// With corr the form that does not flip, swap the exchange of the first two axes and rev the
// reversal of the spatial axes (source: the documentation's meta-optimizer, and SPEC 6.7; here with
// any pads, and exchanged also with strides and dilation):
//
//   exchanged   forward       y  = swap(grad_weights_corr(x' = swap x, y' = swap rev w))
//               grad_weights  w  = rev swap(corr(x' = swap x, w' = swap y))
//               where filters and output exchange their places, and stride and dilation, too; rev
//               only where the problem flips.
//   transposed  forward       y  = grad_inputs(w' = swap w, y' = x) of the other flip
//               grad_inputs   x  = forward(x' = y, w' = swap w) of the other flip
//               where a pad p becomes dilation * (filter - 1) - p.
//   conv3d2d    forward of rank 3: for each image and each frame of the filters a convolution of
//               all frames that meet it, added up.
//
// All but the last are views of the same memory; nothing is copied.
#pragma once

#include "reference/backend.h"

namespace convcheck {

// Each is named as the backend with "-exchanged", "-transposed" or "-conv3d2d" behind, and refuses,
// with the reason, what has no such form (groups; of transposed ones strides, and pads that reach
// beyond the filter; unshared filters; of conv3d2d an output of f16 or bf16, whose sums would be
// rounded once for every frame) and what the backend refuses of it.
BackendPtr exchanged(const BackendPtr& backend);
BackendPtr transposed(const BackendPtr& backend);
BackendPtr by_frames(const BackendPtr& backend);

}  // namespace convcheck
