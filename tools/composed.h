// Judging functions that are more than one convolution.
#pragma once

#include <functional>

#include "checker/verdict.h"
#include "fast/evaluate.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

using EvaluateFunction = std::function<Tensor(const Case&, const NamedTensors&, const BackendPtr&)>;

// Calls the documented function that the case names on `backend`, as `function` does it, and
// compares the result with its closed form: checker/closed_forms/closed_judge.h. A kernel alone
// uses no backend, and is judged all the same.
Verdict judge_composed(const Case& c, const BackendPtr& backend,
                       const EvaluateFunction& function = evaluate);

}  // namespace convcheck
