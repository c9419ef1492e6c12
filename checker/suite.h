// Runs many cases on several backends.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checker/accounting.h"
#include "checker/explain.h"
#include "checker/sample.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

// Judges a case that is more than one ConvProblem (separable_conv2d, bilinear_upsampling ...) on a
// backend.
using ComposedJudge = std::function<Verdict(const Case&, const BackendPtr&)>;

struct SuiteOptions {
  int jobs = 0;  // cases at once; 0: as many as the machine has threads. Each call gets its share
                 // of the threads.
  SampleLimits limits;
  std::optional<std::chrono::steady_clock::time_point>
      deadline;  // no case starts later; the rest is skipped
  std::string deadline_reason = "time limit";
  std::int64_t operand_bytes = std::int64_t{4}
                               << 30;  // of all cases at once; a larger case runs alone
  std::size_t findings_kept = 1000;    // failed and broken units that are kept in the result
  ComposedJudge composed;              // absent: such cases are skipped
  std::function<void(const Finding&)>
      on_unit;  // called after each unit, one at a time, from any thread
};

// Seconds of wall time, added up over the threads.
struct Seconds {
  double total = 0;                       // of the whole suite, not added up
  double preparing = 0;                   // fills, and the oracle's sums
  std::map<std::string, double> running;  // by backend: its calls
};

struct SuiteResult {
  CountsByDirection counts;  // by backend and direction (of composed functions: part)
  std::vector<Finding>
      findings;  // failed and broken, in the order of the cases, at most findings_kept
  std::int64_t findings_in_all = 0;
  Seconds seconds;
};

// Every case on every backend under the rule `value`, cheapest cases first. A case that cannot be
// prepared is broken; a fill or layout that the checker does not have is skipped.
SuiteResult run_suite(const std::vector<Case>& cases, const std::vector<BackendPtr>& backends,
                      const SuiteOptions& options = {});

// "forward", "grad_inputs" ...: the part that the line calls.
const char* direction_name(const Case& c);

// One unit, as the suite judges it.
Verdict run_one(const Case& c, const BackendPtr& backend, const SuiteOptions& options = {});

}  // namespace convcheck
