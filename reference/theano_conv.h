// The two slow routines that carry the documentation's names: theano.tensor.nnet.abstract_conv,
// BaseAbstractConv.conv and BaseAbstractConv.unshared2d. They are what Theano's own definition is
// made of; ours is reference/oracle.h, over which they are spelled here. Host memory; the result
// has the first operand's type. Padding is never multiplied.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "reference/border_mode.h"
#include "reference/tensor.h"

namespace convcheck::abstract_conv {

// An integer for every axis, or one for each: 2 or {2, 1}.
class Dilation {
 public:
  Dilation(std::int64_t every_axis) : entries_{every_axis}, every_axis_(true) {}  // NOLINT
  Dilation(std::initializer_list<std::int64_t> axes) : entries_(axes) {}
  Dilation(const Dims& axes) : entries_(axes) {}  // NOLINT

  // Throws ConvError{Rank} when it is a list whose length is not `rank`.
  Dims axes(std::size_t rank) const;

 private:
  Dims entries_;
  bool every_axis_ = false;
};

// The documented parameters and defaults.
struct ConvOptions {
  BorderMode mode = valid;  // or full
  Dilation dilation = 1;    // of kern
  std::int64_t num_groups = 1;
  bool unshared = false;
  std::string direction = "forward";  // or "backprop inputs", "backprop weights"
};

// A true convolution of stride 1 in 1-D, 2-D and 3-D: kern is flipped.
//
//   result[n, k, o] = sum of img[n, c, o - pad + f * dilation] * kern[k, c, filter - 1 - f]
//
// over f and over c in the group of k, with
//
//   img     (n, c, image...)
//   kern    (k, c / num_groups, filter...)
//   result  (n, k, image -+ (dilated filter - 1)...), - for mode valid and + for full
//
// With shared filters `direction` changes nothing: the caller exchanges the axes. With unshared
// ones, every pair of planes goes through unshared2d (in any number of axes):
//
//   forward
//       kern    (k, c / num_groups, regions..., filter...), regions as the result's extents
//   backprop inputs: img is a gradient, k are the channels of the input
//       kern    (k, c / num_groups, regions..., filter...), regions as the image's extents
//   backprop weights: kern is a gradient, img is correlated with it, mode is valid
//       kern    (k, c / num_groups, regions...)
//       result  (n, k, regions..., image - regions + 1...)
//
// Throws ConvError: {BorderMode} for another mode, {Unsupported} for another direction, {Dilation}
// below 1, or other than 1 when unshared filters are computed; {Regions}; and all that make_problem
// throws, which calls img the input and kern the filters.
Tensor conv(const TensorView& img, const TensorView& kern, const ConvOptions& options = {});

// Filters of its own for every position of a plane. out_shape is checked, not trusted.
//
//   forward: inp (H, W), kern (R, C, h, w), out (R, C)
//       out[r, c] = sum of inp[r + i, c + j] * kern[r, c, h - 1 - i, w - 1 - j]
//   backprop inputs: inp (R, C), kern (R, C, h, w), out (H, W)
//       out[r + i, c + j] += inp[r, c] * kern[r, c, h - 1 - i, w - 1 - j]
//   backprop weights: inp (H, W), kern (R, C), out (R, C, h, w)
//       out[r, c, i, j] = inp[r + i, c + j] * kern[r, c]
//
// with H = R + h - 1 and W = C + w - 1. Throws ConvError{Rank} for operands that are not planes,
// {OutputShape} for an out_shape that the others do not give, and all that conv throws.
Tensor unshared2d(const TensorView& inp, const TensorView& kern, const Shape& out_shape,
                  std::string_view direction = "forward");

}  // namespace convcheck::abstract_conv
