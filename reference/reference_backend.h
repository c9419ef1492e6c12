// The definition as a backend: the slowest there is, and the one the others are compared with.
#pragma once

#include "reference/backend.h"

namespace convcheck {

// The backend "reference": every problem, every combination of data types, any strides, host
// memory. It computes every element by itself in one thread, in compensated f64, never multiplies
// padding, and needs no workspace.
BackendPtr reference_backend();

}  // namespace convcheck
