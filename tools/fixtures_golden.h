// Golden files against every backend of this build, and against the reference.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "fixtures/golden.h"
#include "tools/fixtures_cases.h"
#include "tools/fixtures_progress.h"
#include "tools/fixtures_tally.h"

namespace convcheck {

class GoldenRunner {
 public:
  // `by_name`: backends that are chosen by name only, such as a library of somebody else. They are
  // not held to subnormals, which instructions for bf16 (vdpbf16ps) flush.
  explicit GoldenRunner(std::vector<BackendPtr> backends, std::set<std::string> by_name = {})
      : backends_(std::move(backends)), by_name_(std::move(by_name)) {}

  // Every case against the reference and on every backend, and every row of the tables.
  //
  // A backend is right where its result is `expected`, rounded once to the result's type, or within
  // `bound`; a declared transform where it is within its own norm-wise bound; NaN is right where
  // the backend declares that it multiplies padding, and that meets what is not finite.
  //
  // `expected` is held to the reference on the file's operands: element by element where that is
  // quick, otherwise by projection and a sample. Exact ones are equal; others within the bound of
  // two sums in f64. `bound` is the model's (fixtures_reference.h).
  //
  // Throws FileError for a file that contradicts itself.
  Tally verify(const GoldenFile& file, FixturesProgress& progress);

  const std::map<std::string, BackendRuns>& runs() const { return runs_; }
  std::int64_t by_loops() const { return by_loops_; }
  std::int64_t by_projection() const { return by_projection_; }

 private:
  RowOutcome against_reference(const GoldenCase& c);
  void run_all(const GoldenCase& c, Tally& tally);

  std::string reason_to_leave_out(const GoldenCase& c, const Backend& backend) const;

  std::vector<BackendPtr> backends_;
  std::set<std::string> by_name_;
  std::map<std::string, BackendRuns> runs_;
  std::int64_t by_loops_ = 0, by_projection_ = 0;
};

// Why what the backend declares keeps it from being held to the case; empty when nothing does.
std::string reason_not_to_run(const GoldenCase& c, const Backend& backend);

// The first wrong element of a backend's result, in words; empty when there is none.
std::string wrong_element(const GoldenCase& c, const Tensor& got, const Backend& backend);

// The answer as a row has it.
Json result_of_helper(const std::string& helper, const Json& args);

}  // namespace convcheck
