// The rule `value`: the result is the definition's.
//
// Every expected element, rounded once to the result's type, is compared with ==. When only a
// sample is expected, all other elements must at least be what sums of small integers can be:
// integers (rounded to the result's type) no larger than the largest possible sum; a NaN that was
// there before the call and was not overwritten is seen this way. An expected sum that is not exact
// in any order of summation makes the verdict `broken`: the fill was too large. An empty result is
// `vacuous`.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& value_rule();

}  // namespace convcheck
