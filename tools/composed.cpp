#include "tools/composed.h"

#include "checker/closed_forms/closed_judge.h"

namespace convcheck {

Verdict judge_composed(const Case& c, const BackendPtr& backend, const EvaluateFunction& function) {
  return judge_closed_form(
      c, *backend, [&](const NamedTensors& operands) { return function(c, operands, backend); });
}

}  // namespace convcheck
