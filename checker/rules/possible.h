// What an element can be, whatever else is known of it.
#pragma once

#include <cmath>
#include <optional>

#include "reference/tensor.h"

namespace convcheck {

// No larger than `largest` and, for a sum of integers, integral; false for NaN and infinities.
struct Possible {
  double largest;
  bool integral;

  bool operator()(double value) const {
    return std::isfinite(value) && std::abs(value) <= largest &&
           (!integral || value == std::trunc(value));
  }
};

// The first element, in row-major order, that is not possible.
std::optional<Index> impossible_element(const TensorView& result, const Possible& possible);

}  // namespace convcheck
