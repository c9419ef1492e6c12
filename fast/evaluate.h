// A case, called through the user's interface.
#pragma once

#include <map>
#include <string>

#include "fast/dispatch.h"
#include "reference/case.h"

namespace convcheck {

// Operands by the names of the case line: x, w, dw, pw and, for gradients, dy.
using NamedTensors = std::map<std::string, Tensor>;

// Calls the documented function that `c` names on `backend` and returns its result, in c's output
// type. Throws ConvError as the function does, and {Syntax} naming an operand that is missing.
Tensor evaluate(const Case& c, const NamedTensors& operands, const BackendPtr& backend);

// The shapes of all operands that evaluate() needs, and of its result under the name "result".
// Throws ConvError as the function does for operands of these shapes.
std::map<std::string, Shape> operand_shapes(const Case& c);

// Throws ConvError, in the words of the line (x, w, dw, pw, border ...), for a case that evaluate()
// refuses whatever the backend.
void check_case(const Case& c);

}  // namespace convcheck
