// The rule `completes`: the call returns.
//
// With the trial's threads, with one and with as many as the machine has, twice each. An exception
// is failed, missing memory broken. A refusal by run() is left to `contract`. Crashes, hangs and
// growing memory are for the process that runs the case.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& completes_rule();

}  // namespace convcheck
