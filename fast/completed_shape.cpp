#include "fast/completed_shape.h"

#include <string>

namespace convcheck {

Shape completed_shape(const char* argument, const ShapeHint& declared, const Shape& deduced,
                      ErrorKind kind) {
  Shape shape;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    if (!declared[i].has_value() && i >= deduced.size()) {
      throw ConvError(kind, std::string(argument) + "[" + std::to_string(i) + "]", "unknown",
                      "a number: several shapes may fit the output");
    }
    shape.push_back(declared[i].has_value() ? *declared[i] : deduced[i]);
  }
  return shape;
}

}  // namespace convcheck
