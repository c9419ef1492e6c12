// How far two correct results of one case may lie apart.
#pragma once

#include "fast/evaluate.h"
#include "reference/case.h"
#include "reference/tensor.h"

namespace convcheck {

// Of every element of a case's result: how many products of operands are added up, and the sum of
// their absolute values. All documented functions are sums of products of their arguments'
// elements, in every order and nesting of which the error is at most gamma(terms + extra) *
// magnitude, gamma(m) = m u / (1 - m u) (Higham, Accuracy and Stability of Numerical Algorithms,
// section 3.1): a rounding of a sum or of a product with a zero is none, so the terms are the
// roundings on the way of each product. `extra` are the roundings of what is no operand (the
// bilinear kernel's weights), of a nesting (m inner and n outer terms are at most m * n + 1
// roundings), and of the magnitude itself.
struct ErrorBound {
  Tensor terms, magnitude;
  std::int64_t extra = 0;

  // The bound at one element for a result computed with unit roundoff u.
  double at(const Index& index, double u) const;
};

// Computed by the slow reference, in f64, from the case on absolute values and on ones. The case's
// types are f64, and so are the operands.
ErrorBound error_bound(const Case& c, const NamedTensors& operands);

bool is_upsampling(const Case& c);
bool is_kernel(const Case& c);

}  // namespace convcheck
