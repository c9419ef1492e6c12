// Runs many cases on several backends.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checker/books.h"
#include "checker/explain.h"
#include "checker/judged.h"
#include "checker/reduced_layers.h"
#include "checker/sample.h"
#include "checker/shrink.h"
#include "checker/unit_runner.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

// One of the equal parts into which a suite is divided, the first is 1.
struct Shard {
  std::size_t number = 1, count = 1;
  friend bool operator==(const Shard&, const Shard&) = default;
};

// All units of one case, and where it stands in the list of cases.
struct CaseResult {
  std::size_t number = 0;
  std::vector<UnitResult> units;
  double estimated = 0;  // seconds, before it was run
};

// What a suite is going to do.
struct Plan {
  std::int64_t units = 0;                    // of this shard
  double seconds = 0;                        // estimated, of what is still to be run
  std::vector<std::int64_t> units_by_shard;  // of all
};

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
  // Asked for each unit that was run, one at a time: what it counts as. Absent: its own verdict.
  std::function<Verdict(const Finding&)> known;
  std::function<bool()> stopped;  // asked before each case: true skips it and all others
  std::int64_t operand_bytes = std::int64_t{4}
                               << 30;  // of all cases at once; a larger case runs alone
  std::size_t findings_kept = 1000;    // failed and broken units that are kept in the result
  std::size_t findings_shrunk = 10;    // of them the first failed ones, made small at the end
  ShrinkLimits shrinking = {.tries = 400, .seconds = 2};
  // Absent: cases of more than one problem are skipped. What a small case of one problem must pass
  // under the rule `value`, too.
  ComposedJudge composed;
  MakeRunner make_runner;  // absent: in_process_runner
  Shard shard;             // only these cases; the same for the same cases on every machine
  std::vector<CaseResult> earlier;  // of an earlier run of the same suite: they are not run again
  std::function<void(const Plan&)> on_planned;  // called first
  // Called one at a time, from any thread: after each unit, and after each case that was run to its
  // end in this run.
  std::function<void(const Finding&)> on_unit;
  std::function<void(const CaseResult&)> on_case;
};

// Every case on every backend under every rule that applies, cheapest cases first, but before them
// a few of each function and direction. A case that cannot be prepared is broken. Functions that
// are more than one convolution have the rule `value` alone. A unit whose call did not come back
// counts as failed under the rule `completes`.
SuiteResult run_suite(const std::vector<Case>& cases, const std::vector<BackendPtr>& backends,
                      const SuiteOptions& options = {});

// Whatever the case costs: `value` applies to every case, the others to single convolutions of
// narrow integers.
bool rule_applies(const Rule& rule, const Case& c);

// How many threads each call has.
int call_threads(const SuiteOptions& options);

// The runner that the options ask for.
std::unique_ptr<UnitRunner> new_runner(const SuiteOptions& options, const Subjects& subjects);

// One unit, as the suite judges it, whatever the case costs; under the rule `value` unless another
// is named.
Verdict run_one(const Case& c, const BackendPtr& backend, const SuiteOptions& options = {});
Verdict run_one(const Case& c, const BackendPtr& backend, const Rule& rule,
                const SuiteOptions& options = {});

// The finding with the smallest case that was found to fail in the same way.
Finding shrunk(const Finding& finding, const BackendPtr& backend, const SuiteOptions& options = {});

}  // namespace convcheck
