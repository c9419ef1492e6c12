// Bilinear upsampling, by the documented names of theano.tensor.nnet.abstract_conv.
//
// Per axis, with linear interpolation and the edge replicated beyond both ends:
//
//   ratio r     extent N * r              out[u] = x at (u - floor((r - 1) / 2)) / r
//   ratio p/q   extent ceil(N * p / q)    out[v] = x at (q * v - floor((p - 1) / 2)) / p
//
// where p/q is in lowest terms. Both axes are independent. q > p shrinks, without any smoothing.
//
// Computed on the backend as the documentation has it: the edge-replicated input goes through a
// transposed convolution of stride r with the kernel below. A fractional ratio takes every q-th row
// of the one for p, and then every q-th column, a few images at a time, so that the memory needed
// beside the result is that of a few images p times as long.
//
// The result has the type of the input, also for a fractional ratio (the documentation's is then of
// type floatX). Where r or p is a power of two, small integers stay exact.
//
// Errors are ConvError: {Memory} for null data and memory that is not the host's, {Rank} unless the
// input has four axes (n, c, rows, columns) and as many strides, {InputShape} for one without rows
// or columns, {Ratio} for a ratio below 1, {Batch} or {Channels} for a hint that is not the
// tensor's.
#pragma once

#include <cstdint>
#include <optional>

#include "fast/dispatch.h"
#include "fast/shape_hint.h"
#include "reference/case.h"
#include "reference/tensor.h"

namespace convcheck {

struct BilinearKernelOptions {
  bool normalize = true;  // divide by the ratio: the weights that meet one output add up to 1
  DataType type = DataType::F32;
};

// [1, 2, ..., ratio, ..., 2, 1], of 2 * ratio - 1 elements.
Tensor bilinear_kernel_1D(std::int64_t ratio, const BilinearKernelOptions& options = {});

// A ratio for both axes, or one for rows and one for columns: 2, {2, 3}.
struct KernelRatio {
  std::int64_t rows, columns;

  KernelRatio(std::int64_t both) : rows(both), columns(both) {}  // NOLINT
  KernelRatio(std::int64_t rows_, std::int64_t columns_) : rows(rows_), columns(columns_) {}
};

// The outer product of the kernels of both axes.
Tensor bilinear_kernel_2D(const KernelRatio& ratio, const BilinearKernelOptions& options = {});

// p/q for both axes, or for rows and columns: {3, 2}, {{3, 2}, {5, 4}}. Any p and q >= 1; they need
// not be in lowest terms. Without arguments: not given.
class FracRatio {
 public:
  FracRatio() = default;
  FracRatio(std::int64_t p, std::int64_t q) : rows_{p, q}, columns_{p, q}, given_(true) {}
  FracRatio(const Ratio& rows, const Ratio& columns)
      : rows_(rows), columns_(columns), given_(true) {}

  bool given() const { return given_; }
  const Ratio& rows() const { return rows_; }
  const Ratio& columns() const { return columns_; }

 private:
  Ratio rows_, columns_;
  bool given_ = false;
};

// The documented parameters. Exactly one of ratio and frac_ratio is given: otherwise
// ConvError{Ratio}.
struct BilinearUpsamplingOptions {
  std::optional<std::int64_t> ratio = {};
  FracRatio frac_ratio = {};
  std::optional<std::int64_t> batch_size = {},
                              num_input_channels = {};  // checked against the tensor
  // Two passes of the 1-D kernel, or one of the 2-D kernel: the same numbers but for rounding. With
  // a fractional ratio it must be false, as documented: ConvError{Unsupported}.
  bool use_1D_kernel = true;
};

Tensor bilinear_upsampling(const TensorView& input, const BilinearUpsamplingOptions& options,
                           const BackendPtr& backend = automatic());

Tensor frac_bilinear_upsampling(const TensorView& input, const FracRatio& frac_ratio,
                                const BackendPtr& backend = automatic());

// The shape of its result, for an input of `shape`. Throws as it does.
Shape bilinear_upsampling_shape(const Shape& shape, const BilinearUpsamplingOptions& options);

// The gradient of sum(output_grad * upsampling(input)) with respect to the input, of shape
// `input_shape`. Its batch and channels may be left open; its rows and columns may not:
// ConvError{InputShape}. {OutputShape}, {Batch} or {Channels} for an output_grad that is not of the
// upsampling's shape.
Tensor bilinear_upsampling_grad_wrt_inputs(const TensorView& output_grad,
                                           const ShapeHint& input_shape,
                                           const BilinearUpsamplingOptions& options,
                                           const BackendPtr& backend = automatic());

Tensor frac_bilinear_upsampling_grad_wrt_inputs(const TensorView& output_grad,
                                                const FracRatio& frac_ratio,
                                                const ShapeHint& input_shape,
                                                const BackendPtr& backend = automatic());

}  // namespace convcheck
