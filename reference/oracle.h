// The definition of convolution, one element at a time: that of the documentation of
// theano.tensor.nnet, written as a sum.
//
//   y[n, k, o] = sum of x[n, c, o * stride + f * dilation - pad] * w[k, (o), c, f']
//
// over f and over c in the group of k, with f' = filter - 1 - f if `flip`, else f; (o) only for
// unshared filters. A term whose x coordinate lies outside the input is absent: padding is never
// multiplied. The gradients are the partial derivatives of sum(y * forward(x, w)).
#pragma once

#include <cstdint>
#include <functional>

#include "reference/backend.h"
#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck {

// `value` is the sum of the products, compensated (as if computed in twice the precision of f64 and
// rounded once); `magnitude` is the sum of their absolute values; `terms` is how many there are.
struct Sum {
  double value = 0, magnitude = 0;
  std::int64_t terms = 0;
};

// One product of the sum: where its operands stand. The entry of the operand being computed is the
// asked index.
struct Tap {
  Index x, w, y;
};

// Calls `visit` for every product that contributes to the element `at` of the problem's result.
void for_each_tap(const ConvProblem& problem, const Index& at,
                  const std::function<void(const Tap&)>& visit);

// The problem is valid and the views have its shapes; the index lies inside the result. Host memory
// only.
Sum forward_at(const ConvProblem& problem, const TensorView& x, const TensorView& w,
               const Index& y_index);
Sum grad_inputs_at(const ConvProblem& problem, const TensorView& w, const TensorView& y,
                   const Index& x_index);
Sum grad_weights_at(const ConvProblem& problem, const TensorView& x, const TensorView& y,
                    const Index& w_index);

// The same, whichever direction the problem has; the operand that it computes is not read.
Sum result_at(const ConvProblem& problem, const Operands& operands, const Index& at);

}  // namespace convcheck
