// What happens with a violation: its text, its bundle, the action. Internal.
#pragma once

#include "checker/debug/session.h"
#include "checker/debug_mode.h"
#include "reference/case.h"

namespace convcheck::debug {

// One checked call.
struct Subject {
  const ConvProblem& problem;
  const Operands& operands;  // host views, the result as it was computed; null data: none to keep
  std::string backend;
  int threads = 1;
};

// The line of the call; its data are the user's, so it has the fill `real`.
Case case_of(const ConvProblem& problem, const Operands& operands);

DebugViolation told(const Subject& subject, Violation kind, const Verdict& verdict);

// Writes the bundle, where one is wanted, and does what the settings say. Trouble with the bundle
// is told in the violation, never thrown. Throws DebugModeError for DebugAction::Throw, and what a
// callback throws.
void act(DebugViolation& violation, const Subject& subject, const DebugOptions& options,
         DebugSession::State& state);

}  // namespace convcheck::debug
