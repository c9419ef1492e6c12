// The rule `bounds`: nothing outside the operands and the workspace is read or written.
//
// The call is made with the end of every buffer at a guard, then with the beginning, with different
// patterns in the spare bytes and in the gaps between strides; both in the case's layout and in one
// with gaps, where the backend takes it. A read outside is seen at the end that lies at a guard, a
// write at both ends and in gaps. In device memory, where there are no guards, a write is seen at both
// ends at once, and a read outside gives NaN (checker/device/on_device.h).
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& bounds_rule();

}  // namespace convcheck
