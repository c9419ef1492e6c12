// Judging functions that are more than one convolution.
#pragma once

#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

// Evaluates the case on `backend` and on the reference with the same integer operands and compares
// all elements with ==. The operands' range is as large as keeps every sum exact in any order,
// judged by the same function of the operands' absolute values; where even {-1, 1} is too much the
// case is skipped. So is an upsampling ratio that is no power of two: its kernel is not exact in
// binary. A kernel alone uses no backend and is vacuous.
Verdict judge_composed(const Case& c, const BackendPtr& backend);

}  // namespace convcheck
