// One run of the suite on the command line: what is asked of it, and the run itself.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "checker/known_failures.h"
#include "tools/isolation_options.h"
#include "tools/run_record.h"
#include "tools/run_reports.h"
#include "tools/selection.h"
#include "tools/shard_choice.h"

namespace convcheck {

struct SuiteRunOptions {
  bool quick = false, full = false, verbose = false, strict = false, no_shrink = false;
  BackendSelection backends;
  std::vector<std::string> rules;
  Selection selection;
  std::optional<std::string> known_failures;  // path; absent: the shipped list
  int jobs = 0;
  std::optional<double> time_limit;  // seconds
  IsolationOptions isolation;
  std::string shard;
  std::string results, resume;  // paths; at most one of them
  std::string append;           // path of the file for failing cases
  ReportPaths reports;
};

// The list that the options name. Throws UsageError for one that cannot be read.
std::vector<KnownFailure> known_failures_of(const SuiteRunOptions& options);

// Runs the cases, with progress, result file and all; prints nothing to standard output but the
// lines of --verbose. `start` is when the program's time began.
RunRecord run_selected(const std::vector<Case>& cases, const SuiteRunOptions& options,
                       const ShardChoice& choice, std::chrono::steady_clock::time_point start);

// From now on the first interrupt ends a run after the cases that are under way; the second ends
// the program at once.
void stop_on_interrupt();
// The signal that has stopped the run; 0: none.
int stopping_signal();

}  // namespace convcheck
