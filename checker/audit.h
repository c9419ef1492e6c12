// What a case could show, without any backend.
#pragma once

#include <vector>

#include "checker/decoys.h"
#include "checker/sample.h"
#include "reference/case.h"

namespace convcheck {

struct Audit {
  bool empty = false;           // the result has no elements: nothing could fail
  std::vector<Decoy> accepted;  // claims that the judge could not refute
  double density = 1;           // of the thinner operand
  double visible_share = 1;     // of single dropped taps, among the sampled elements
  std::int64_t elements = 0;    // judged one by one

  bool vacuous() const { return empty || !accepted.empty(); }
};

// For sums in f64 where all operands are f64, in f32 otherwise, unless the case names the
// accumulator. Throws what PreparedCase throws.
Audit audit(const Case& c, const SampleLimits& limits = {});

}  // namespace convcheck
