// The rule `value` without copies: fills written, the call made and the result projected where it
// is.
#pragma once

#include <optional>

#include "checker/judged.h"

namespace convcheck {

// Of a call that goes to the device (on_device.h) and whose every element is covered by the exact
// projection; nothing for other calls, for operands that are not row-major, and for a call that did
// not return, which is left to the usual way. A result that the device does not find right is
// copied to the host and judged there; if it is right there, the verdict is broken.
std::optional<Verdict> value_on_device(const Trial& trial);

}  // namespace convcheck
