// Judging units in a worker process, which may crash, hang or grow without taking the suite along.
#pragma once

#include <cstdint>

#include "checker/unit_runner.h"

namespace convcheck {

struct Isolation {
  double seconds = 60;                         // for one unit, beside what its size calls for
  std::int64_t bytes = std::int64_t{2} << 30;  // of memory, beside what the operands call for
  double patience = 300;  // seconds that a backend's calls may not come back, in all
};

// Runners with a worker process each: `convcheck worker`, this program. A unit during which the
// worker ends or exceeds a limit is failed under `completes`; further units of the same backend on
// the same case are skipped, and the others go on in a new worker. A backend whose calls have taken
// `patience` seconds in that way, in all runners together, is not called again: the rest is
// skipped.
MakeRunner isolated(const Isolation& isolation);

}  // namespace convcheck
