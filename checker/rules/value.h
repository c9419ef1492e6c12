// The rule `value`: the result is the definition's.
//
// Expected elements are compared as judge.h says. When only a sample is expected, results of
// integers are projected exactly (projection.h): every element is covered, and wrong ones are
// found; results that are rounded on storing must at least be what sums of these integers can be,
// and results of real data are projected with random signs. An expected sum that is not exact in
// any order of summation makes the verdict `broken`: the fill was too large. An empty result is
// `vacuous`, and so is a case on which a decoy would have passed.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& value_rule();

// Judges a finished call, as the rule does after its own.
Verdict judge_value(const Judged& run);

}  // namespace convcheck
