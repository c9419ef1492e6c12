#pragma once

#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

// The operands of a case that is one problem: types and layout, without data. Throws ConvError for
// a layout that there is not.
Operands operands_without_data(const Case& c, MemoryKind memory = MemoryKind::Host);

}  // namespace convcheck
