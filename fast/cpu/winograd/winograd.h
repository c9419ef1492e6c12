// Convolution with 3x3 filters by Winograd's transforms F(2x2, 3x3) and F(4x4, 3x3): 4 and 2.25
// multiplications for an output instead of 9, at the price of larger rounding errors.
//
// A tile of m x m outputs is A^T [ (G g G^T) . (B^T d B) ] A, with g the 3x3 filter, d the (m+2) x
// (m+2) inputs of the tile and . the product of elements, summed over the channels before the last
// transform. Source of the matrices: A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural
// Networks, 2015 (arXiv:1509.09308), section 4.
//
// A derived bound. Every element of the result is, before rounding, a sum of products of at most
// |A^T|, |G|, |B^T| and the operands. With |d| <= X and |g| <= W, one axis gives for output i
//   sum over e of |A^T[i,e]| * (|G| 1)[e] * (|B^T| 1)[e],
// of which the largest is 8 for m = 2 and 48 for m = 4; two axes give its square, 64 and 2304
// ("amplification"; the sum itself has at most 9 W X for a channel). Each product passes at most 6
// roundings in the transform of the inputs, 8 in that of the filters (its constants are rounded,
// too), 1 + channels in the sum of products and 10 in the last one, so with u the unit roundoff and
// n = channels + 25
//   |error| <= n u / (1 - n u) * amplification * channels * W * X.
// The bound is for the norm: where all inputs near an output are small, others of the same tile
// still count. Claims::amplification is this for the most channels that are accepted (512), divided
// by the 9 products of an element and channel, which inputs of at least 3 x 3 have somewhere: a
// bound that holds whatever the data, and far above what is seen.
#pragma once

#include <cstddef>
#include <cstdint>

#include "reference/backend.h"

namespace convcheck {

struct WinogradOptions {
  int tile = 0;  // outputs of a tile along an axis: 2, 4, or 0 for what takes fewer multiplications
  // Of transformed filters, or inputs where they are fewer: more are refused.
  std::size_t filter_bytes = std::size_t{48} << 20;
  std::size_t workspace_limit = std::size_t{64} << 20;
};

inline constexpr std::int64_t kWinogradChannels = 512;  // in a sum, that is, of a group

// For tiles of 2 or 4.
double winograd_amplification(int tile);

// The bound above for f32; the channels are those of a group (for the gradient of the inputs: the
// filters), the largest absolute values are over all that is read.
double winograd_error_bound(int tile, std::int64_t channels, double largest_input,
                            double largest_weight);

// The tile of outputs that a backend with these options uses for a problem that it supports.
int winograd_tile(const ConvProblem& problem, const WinogradOptions& options = {});

// f32, rank 2, 3x3 filters without stride and dilation, forward and gradient of the inputs; at
// least 3 x 3 of what is read, and at most 512 channels in a sum; any pads, groups, flips and
// strides in memory. automatic() does not choose it, since its errors are larger than a sum's:
// backend_named() does. An infinity or NaN reaches all outputs of its tiles.
BackendPtr winograd_backend(const WinogradOptions& options = {});

}  // namespace convcheck
