// The documented functions that are more than one convolution, or one under another name, as closed
// formulas: those of SPEC 4, which the code beside this header spells out one by one.
//
// Nothing here knows how fast/ computes them. A function is the sum of products
//
//   value[i] = weight * x[j] * w[k] ... / denominator
//
// over all products that its formula has; as each argument occurs once in a product, the gradient
// with respect to one of them adds up the same products with the value's gradient dy in its place:
// it is the adjoint by construction.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "reference/case.h"
#include "reference/tensor.h"

namespace convcheck {

struct ClosedForm {
  static constexpr std::size_t kMost = 4;  // operands of a product, the value among them

  // Where the operands of one product stand, in the order of `names`.
  using Places = std::array<Index, kMost>;
  using Visit = std::function<void(const Places& at, double weight)>;

  std::vector<std::string> names;  // x, w; x, dw, pw; x; and last "value"
  std::vector<Shape> shapes;       // of all of them
  double denominator = 1;
  double products = 0;  // at most so many
  std::function<void(const Visit&)> for_each_product;
};

// Of every function but conv1d, conv2d and conv3d: ConvError{Unsupported}. Throws ConvError for
// shapes and parameters for which the formula has no value, as the function does.
ClosedForm closed_form(const Case& c);

// An element of the value or of a gradient, without the denominator: the sum of products, exact as
// long as all are integers below 2^53, that of their absolute values, and how many there are.
struct ClosedSum {
  double value = 0, magnitude = 0;
  std::int64_t terms = 0;
};

// What the part of a case computes, in row-major order.
struct ClosedResult {
  Shape shape;
  std::vector<ClosedSum> sums;
};

// The operands that the part reads: the arguments but the one that it is the gradient with respect
// to, and for gradients "dy".
std::map<std::string, Shape> closed_operands(const ClosedForm& form, Part part);

// `operands` has those of closed_operands.
ClosedResult closed_result(const ClosedForm& form, Part part,
                           const std::map<std::string, Tensor>& operands);

}  // namespace convcheck
