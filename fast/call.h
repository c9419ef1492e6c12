// One call of a backend, as the user's interface makes it.
#pragma once

#include "reference/backend.h"

namespace convcheck {

// An operand under the name by which the caller knows it.
struct NamedOperand {
  const char* name;
  const TensorView& view;
};

// Computes `problem` into a new tensor of the type of `leading`: the input (forward and gradient
// with respect to the weights) or the filters (gradient with respect to the inputs). `other` is the
// second operand that the direction reads, in the order x, w, y; a narrower type is widened first.
// Uses as many threads as flags() allow. Throws ConvError{DataType} when `other` is wider or of
// another format, {Unsupported} for a null backend, and what run() throws.
Tensor call(const BackendPtr& backend, const ConvProblem& problem, const NamedOperand& leading,
            const NamedOperand& other);

}  // namespace convcheck
