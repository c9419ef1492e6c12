// Measures backends side by side on one problem.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reference/backend.h"
#include "reference/case.h"
#include "tools/bench_result.h"

namespace convcheck {

struct Contestant {
  BackendPtr backend;
  BenchRole role = BenchRole::Ours;
  std::string name = {};                     // empty: the backend's
  std::function<double()> own_seconds = {};  // of the last call; absent: all of it is measured
};

// Ours and the peers of this build. `only`: of ours those with these names; empty: all but the
// reference.
std::vector<Contestant> contestants(const std::vector<std::string>& only, int threads);

struct BenchSettings {
  int threads = 2, rounds = 9;
  // Of all threads together instead of the wall's time, for a machine that others use; a contestant
  // with seconds of its own is then refused.
  bool processor_time = false;
  std::string machine = {};  // for the report; empty: the processor
};

// The medians of calls in random turn (Google Benchmark's interleaving), so that a disturbance of
// the machine meets all alike; on the fill `real`, by which the error is judged. Of unshared
// filters a peer "copy" is added: the time in which the machine's memory could read and write as
// many bytes as the operands have. `c` is one problem. Throws ConvError{Memory}.
std::vector<BenchResult> measure(const Case& c, const std::vector<Contestant>& contestants,
                                 const BenchSettings& settings);

}  // namespace convcheck
