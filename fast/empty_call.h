// Calls with nothing to multiply, which no kernel and no library need see.
#pragma once

#include "reference/backend.h"

namespace convcheck {

// Some operand has no elements: every sum of the result is empty, or there is no result.
inline bool is_empty_call(const Operands& operands) {
  return operands.x.empty() || operands.w.empty() || operands.y.empty();
}

// Writes a zero to every element of a view of host memory.
inline void write_zeros(const TensorView& view) {
  if (view.empty()) return;
  Index at(view.rank(), 0);
  do view.set(at, 0);
  while (advance(at, view.extents));
}

}  // namespace convcheck
