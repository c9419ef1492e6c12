// A real Winograd convolution, F(2x2, 3x3) in f32 (Lavin, Gray, "Fast algorithms for convolutional
// neural networks", CVPR 2016), for forward f32 problems of two axes with 3x3 filters, stride and
// dilation 1, shared filters, an input of at least 3x3 and at most 16 channels in a group.
// Everything else is left to the honest kernel.
//
// A tile of 2x2 outputs is  A^T [ sum over c of (G g G^T) . (B^T d B) ] A  with d its 4x4 inputs, g
// the filter, and . elementwise. Its error, with u = 2^-24, D = max|x|, W = max|w| and C channels:
//   B^T d B     every row of B^T has two entries of +-1: at most 4 D; two roundings of at most
//               additions: relative error (of the bound) 2 u.
//   G g G^T     rows of G have a sum of magnitudes of at most 3/2: at most 9/4 W; halving is exact,
//               two additions in each of two steps: 4 u.
//   the sum     C products of at most 9 D W, one rounding each, and C - 1 additions: C u more. An
//               element of the transform is so at most 9 C D W, with relative error (C + 6) u.
//   A^T m A     rows of A^T have a sum of magnitudes of 3: at most 81 C D W; two additions in each
//               of two steps: 4 u more.
// In all 81 C (C + 10) u D W, which is 9 (C + 10) u n D W for the n = 9 C products of an element:
// for C <= 16 an amplification of 234. Terms of u^2 are less than (C + 10)^2 u^2 / 2 < u / 1000 of
// that; one percent more covers them.
#pragma once

#include <string>

#include "reference/backend.h"

namespace convcheck {

inline constexpr double kWinogradAmplification = 234 * 1.01;

// Claims a transform of that amplification.
BackendPtr winograd_kernel(const std::string& name);

}  // namespace convcheck
