// Variants of a case that have no answer.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "checker/buffers/hostile_call.h"
#include "checker/judged.h"
#include "reference/error.h"

namespace convcheck {

struct Impossible {
  const char* what;  // "a stride of 0"
  ErrorKind kind;    // with which it is refused
  ConvProblem problem;
  Operands operands;
};

// All that apply to the call: shapes, geometry, memory. The operands are the call's, changed.
std::vector<Impossible> impossible_variants(const ConvProblem& problem, const Operands& operands);

// Hands every fourth variant, beginning where the case's seed and sizes say, to run(): nothing when
// each is refused with its kind of error and leaves all memory as it is. The call's result and
// inputs hold its poison.
std::optional<Verdict> refused_impossible(const Trial& trial, const HostileCall& call);

}  // namespace convcheck
