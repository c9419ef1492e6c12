// How much arithmetic a convolution is.
//
// The direct sum's count, whatever a backend does: every product is one multiplication and one
// addition. It is the same number for the forward map and both gradients. All are exact, and throw
// ConvError{Overflow} at 2^63. Source: the `flops` methods documented in
// theano.tensor.nnet.abstract_conv and theano.tensor.nnet.conv.
#pragma once

#include <cstdint>

#include "reference/border_mode.h"
#include "reference/dims.h"
#include "reference/problem.h"

namespace convcheck {

// 2 * batch * filters * (channels / groups) * filter extents * output extents; products with
// padding are counted. Throws ConvError as validate() does.
std::int64_t flops(const ConvProblem& problem);

// The same from shapes, which need no border, stride or dilation: inputs (n, c, ...), filters (k,
// c/g, ...) or, with `unshared`, (k, output..., c/g, ...), outputs (n, k, ...). Throws
// ConvError{Rank, InputShape, Groups, Channels, Batch, Regions} when they contradict one another.
std::int64_t flops(const Shape& inputs, const Shape& filters, const Shape& outputs,
                   std::int64_t num_groups = 1, bool unshared = false);

// The products of the sum that do not fall on padding: as many as for_each_tap visits over the
// whole result. The time grows with the smaller of filter and output extent of each axis.
std::int64_t useful_multiplications(const ConvProblem& problem);

// The count of the deprecated conv::conv2d: as above for `valid`; for `full` the products inside
// the images, which neither outputs nor subsample change. Shapes are (n, c, rows, columns), (k, c,
// rows, columns), (n, k, rows, columns). Throws ConvError{BorderMode} for another mode, {Rank},
// {Stride}, {InputShape}, {Channels}.
std::int64_t flops_legacy(const Shape& images, const Shape& kerns, const Shape& outputs,
                          AxisBorder::Kind output_mode, const Dims& subsample = {1, 1});

}  // namespace convcheck
