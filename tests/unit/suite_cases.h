// Small cases, and a suite of the rule `value` alone, for tests of the suite.
#pragma once

#include <vector>

#include "checker/rules/value.h"
#include "checker/suite.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {

inline std::vector<Case> three_directions(Case c) {
  std::vector<Case> cases;
  for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
    c.part = part;
    cases.push_back(c);
  }
  return cases;
}

inline const std::vector<Case> kSmall = three_directions(conv_case({2, 3, 6}, {4, 3, 3}, 1));

inline SuiteOptions value_only() {
  SuiteOptions options;
  options.rules = {value_rule()};
  options.findings_shrunk = 0;
  return options;
}

}  // namespace convcheck
