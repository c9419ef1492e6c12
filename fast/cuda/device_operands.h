// What all backends for device memory ask of operands.
#pragma once

#include "reference/backend.h"

namespace convcheck::gpu {

// Device memory, one type, data at a multiple of an element's size, and filters of fewer than 2^31
// taps an axis; no with the reason otherwise.
Support supports_operands(const ConvProblem& problem, const Operands& operands);

}  // namespace convcheck::gpu
