// Whether a backend may be trusted with a call, before it is.
#pragma once

#include "checker/verdict.h"
#include "reference/backend.h"

namespace convcheck {

// The rule `value` on the backend: the problem on narrow integers, the result compared with the
// definition's, every element of it by the exact projection where it is large, and decoys shown to
// the judge first. `operands` give types and strides, and their data is not looked at: the backend
// is run on memory of the check's own that is laid out alike. An input whose strides let elements
// share memory is laid out row-major. Device memory is the device's in use (checker/device/device.h). A declared transform's result is rounded to integers also
// where its bound is no promise that they are then right; if they are, it passes.
//
// Only `passed` means that the backend can be chosen: `skipped` is a refusal with its reason,
// `vacuous` and `broken` (no memory, say) that nothing is known. What the backend throws is
// `failed`. Throws ConvError for a problem that is none.
Verdict verify_backend(const Backend& backend, const ConvProblem& problem, const Operands& operands,
                       const RunContext& context = {});

}  // namespace convcheck
