// Where a program's convolutions spend their time: switched on by the flag profile=True.
//
// Every call of the user's interface counts under its problem (the case line), threads and what was
// chosen for it. Its time is that of the backend that it was given, with DebugMode's checks if that
// is switched on, without what the meta-optimizer measured, which is told apart. When the program
// ends, the table is printed to stderr.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fast/choice.h"
#include "reference/backend.h"

namespace convcheck {

struct ProfileRow {
  std::string problem;  // the case line
  int threads = 0;      // as they were asked for; 0: all of the machine
  std::string backend, why;
  std::int64_t calls = 0, flops = 0;  // of one call, see reference/flops.h
  double seconds = 0, choosing = 0;   // of all calls
};

// What was counted so far, most time first.
std::vector<ProfileRow> profile_rows();
// As lines for a person; empty when nothing was counted.
std::string profile_report();
// Begins anew.
void clear_profile();

// Runs the call and counts it; a call that throws is not counted.
void profiled_run(const Backend& backend, const ConvProblem& problem, const Operands& operands,
                  const RunContext& context);

}  // namespace convcheck
