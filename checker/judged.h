// What rules work on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "checker/fill.h"
#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/case.h"
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
  bool all = false;  // every element of the result
};

class ExactProjection;
class RealProjection;

// A finished call, and what the definition says of it.
struct Judged {
  const ConvProblem& problem;
  const Operands& operands;
  const Data& data;
  CallTypes types;
  const Expectation& expectation;
  // At most one, where not every element is expected.
  const ExactProjection* exact_projection = nullptr;
  const RealProjection* real_projection = nullptr;
};

class PreparedCase;

// One case on one backend: what a rule decides on. The case is prepared once for all backends and
// rules; a rule may run the backend as often as it likes, in buffers of its own.
struct Trial {
  PreparedCase& ready;
  const Backend& backend;
  RunContext context;
};

// A claim about a backend, and how it is decided.
struct Rule {
  const char* name;
  const char* claim;  // one sentence
  Verdict (*judge)(const Trial&);
};

}  // namespace convcheck
