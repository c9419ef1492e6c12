// A file's cases, run on the backends of this build.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fast/dispatch.h"
#include "fixtures/theano.h"
#include "tools/fixtures_tally.h"

namespace convcheck {

// How many runs a backend did, and how many it declined, by its reason.
struct BackendRuns {
  std::int64_t done = 0;
  std::map<std::string, std::int64_t> declined = {};
};

class CaseRunner {
 public:
  explicit CaseRunner(std::vector<BackendPtr> backends) : backends_(std::move(backends)) {}

  // Runs the case on every backend: in f64, and if it is exact in f32 too. Exact cases compare with
  // ==; the others within gamma(terms) * magnitude of both sides, see fixtures_bound.h.
  RowOutcome run(const TheanoCase& from);

  const std::vector<BackendPtr>& backends() const { return backends_; }
  const std::map<std::string, BackendRuns>& runs() const { return runs_; }

 private:
  // Nothing when the backend declines.
  std::optional<RowOutcome> run_one(const TheanoCase& from, const BackendPtr& backend,
                                    DataType type);

  std::vector<BackendPtr> backends_;
  std::map<std::string, BackendRuns> runs_;
};

}  // namespace convcheck
