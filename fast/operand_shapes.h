// Operands of a case by name. Internal to fast/evaluate.h.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reference/case.h"

namespace convcheck {

// The arguments of the function, as the case has them: x, w, dw, pw.
std::map<std::string, Shape> argument_shapes(const Case& c);

// Throws ConvError{Syntax} for a layout that the documented functions are not called with here.
void require_layout(const Case& c);

// The operands that the part reads, and what it computes: "value", or the argument that it is the
// gradient with respect to. Throws ConvError{Syntax} when the function has no such argument.
struct PartNames {
  std::vector<std::string> read;
  std::string computed;
};
PartNames part_names(const Case& c);

}  // namespace convcheck
