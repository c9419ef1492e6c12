// What a rule looks at: one finished call and what the definition says of it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/oracle.h"

namespace convcheck {

// One judged element and what the definition gives for it.
struct Expected {
  Index at;
  Sum sum;
};

// The elements to judge, worked out before any backend runs.
struct Expectation {
  std::vector<Expected> elements;
  bool all = false;        // every element of the result
  double exact_up_to = 0;  // sums of products up to here are exact in any order
  double largest = 0;      // no element is larger in magnitude
};

struct Judged {
  const ConvProblem& problem;
  const Operands& operands;
  const Expectation& expectation;
};

// A claim about a call, and how it is decided.
struct Rule {
  const char* name;
  const char* claim;  // one sentence
  std::function<Verdict(const Judged&)> judge;
};

}  // namespace convcheck
