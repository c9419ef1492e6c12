#include "checker/audit.h"

#include <algorithm>

#include "checker/run_case.h"

namespace convcheck {

Audit audit(const Case& c, const SampleLimits& limits) {
  PreparedCase ready(c, usual_types(c), limits);
  Audit audit;
  audit.empty = element_count(ready.problem().result_shape()) == 0;
  if (audit.empty) return audit;
  const Judged run = ready.judged();
  const Data& data = ready.data();
  audit.accepted = ready.accepted_decoys();
  audit.visible_share = visible_share(run, Judge(ready.problem(), ready.types(), data));
  audit.elements = static_cast<std::int64_t>(run.expectation.elements.size());
  audit.density = std::min({data.x.density, data.w.density, data.y.density});
  return audit;
}

}  // namespace convcheck
