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
#include "checker/judged.h"
#include "checker/reduced_layers.h"
#include "checker/sample.h"
#include "checker/shrink.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

// Judges the documented function of a case that is more than one ConvProblem (separable_conv2d,
// bilinear_upsampling ...), or one under another name (conv2d_transpose), on a backend.
using ComposedJudge = std::function<Verdict(const Case&, const BackendPtr&)>;

struct SuiteOptions {
  // The rules to apply; empty: all of them. `value` applies to every case, the others, which run a
  // backend many times, to single convolutions of narrow integers of at most `repeated_flops`, those
  // of Cost::repeated(): reduced layers (reduced_layers.h) are such.
  std::vector<Rule> rules;
  double repeated_flops = kReducedFlops;
  int jobs = 0;  // cases at once; 0: as many as the machine has threads. Each call gets its share
                 // of the threads.
  int threads = 0;  // of each call; 0: its share of the machine's
  SampleLimits limits;
  std::optional<std::chrono::steady_clock::time_point>
      deadline;  // no case starts later; the rest is skipped
  std::string deadline_reason = "time limit";
  std::int64_t operand_bytes = std::int64_t{4}
                               << 30;  // of all cases at once; a larger case runs alone
  std::size_t findings_kept = 1000;    // failed and broken units that are kept in the result
  std::size_t findings_shrunk = 10;    // of them the first failed ones, made small at the end
  ShrinkLimits shrinking = {.tries = 400, .seconds = 2};
  // Absent: cases of more than one problem are skipped. What a small case of one problem must pass
  // under the rule `value`, too.
  ComposedJudge composed;
  std::function<void(std::int64_t)> on_planned;  // called first, with the number of units
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
  CountsByDirection counts;   // by backend and direction (of composed functions: part)
  CountsByDirection by_rule;  // by backend and rule
  std::vector<Finding>
      findings;  // failed and broken, in the order of the cases, at most findings_kept
  std::int64_t findings_in_all = 0;
  Seconds seconds;
};

// Every case on every backend under every rule that applies, cheapest cases first. A case that
// cannot be prepared is broken. Functions that are more than one convolution have the rule `value`
// alone.
SuiteResult run_suite(const std::vector<Case>& cases, const std::vector<BackendPtr>& backends,
                      const SuiteOptions& options = {});

// "forward", "grad_inputs" ...: the part that the line calls.
const char* direction_name(const Case& c);

// How many threads each call has.
int call_threads(const SuiteOptions& options);

// One unit, as the suite judges it; under the rule `value` unless another is named.
Verdict run_one(const Case& c, const BackendPtr& backend, const SuiteOptions& options = {});
Verdict run_one(const Case& c, const BackendPtr& backend, const Rule& rule,
                const SuiteOptions& options = {});

// The finding with the smallest case that was found to fail in the same way.
Finding shrunk(const Finding& finding, const BackendPtr& backend, const SuiteOptions& options = {});

}  // namespace convcheck
