// The declared shape of a gradient's result. Internal.
#pragma once

#include "fast/shape_hint.h"

namespace convcheck {

// `declared` with its open extents from `deduced`, which has the first few entries. Throws
// ConvError{kind} that names `argument` and the entry when an extent beyond those is open.
Shape completed_shape(const char* argument, const ShapeHint& declared, const Shape& deduced,
                      ErrorKind kind);

}  // namespace convcheck
