// One run of the suite on the command line: what is asked of it, and the run itself.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tools/run_record.h"
#include "tools/run_reports.h"
#include "tools/selection.h"
#include "tools/shard_choice.h"

namespace convcheck {

struct SuiteRunOptions {
  bool quick = false, full = false, verbose = false, strict = false, no_shrink = false;
  bool in_process = false;
  BackendSelection backends;
  std::vector<std::string> rules;
  Selection selection;
  int jobs = 0;
  std::optional<double> time_limit;  // seconds
  double unit_seconds = 60;          // of a unit in a worker process, and its memory
  std::int64_t unit_mebibytes = 2048;
  std::string shard;
  std::string results, resume;  // paths; at most one of them
  ReportPaths reports;
};

// Runs the cases, with progress, result file and all; prints nothing to standard output but the
// lines of --verbose. `start` is when the program's time began.
RunRecord run_selected(const std::vector<Case>& cases, const SuiteRunOptions& options,
                       const ShardChoice& choice, std::chrono::steady_clock::time_point start);

// The signal that has stopped the run; 0: none.
int stopping_signal();

}  // namespace convcheck
