// The rule `repeat`: the same call gives the same bits, where the backend claims so.
//
// The call is made three times, twice in buffers of its own that begin at the same place of a page
// and once more in the second ones; and, where the bits are claimed not to depend on the number of
// threads, with 1, 2 and 3 threads. NaNs are alike whatever their payload. Skipped where no
// determinism is claimed. That an image alone gives the bits that it gives in a batch is not held
// against anybody: no claim says so, and matrix products may be blocked by the batch's size.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& repeat_rule();

}  // namespace convcheck
