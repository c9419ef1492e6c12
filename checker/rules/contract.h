// The rule `contract`: impossible calls are refused before anything is written, and a backend's
// answers can be relied on.
//
// Some variants of the case that have no answer, by its seed and sizes, handed to run(), are
// refused with the right kind of error, and no byte of any operand changes. The backend itself
//   - answers supports() and workspace_bytes() without throwing, the same when asked twice and when
//     the operands have no data yet, as the interface allows;
//   - gives a reason with every refusal;
//   - having said yes does the problem: run() does not refuse it;
//   - refuses other data types and device memory, or does them: a combination of types to which it
//     says yes is run, stays within its operands and is right.
// When all that holds and the case itself is refused the verdict is skipped, with the reason.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& contract_rule();

}  // namespace convcheck
