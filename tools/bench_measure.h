// Measures backends side by side on one problem.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

enum class BenchRole {
  Ours,
  Peer,     // what a user would take instead, with operands as the call has them
  StandIn,  // a peer where there is no other: im2col and OpenBLAS
  Shown,    // beside the others, in no ratio
};
// "ours", "peer", "stand-in", "shown".
const char* to_string(BenchRole role);

struct Contestant {
  BackendPtr backend;
  BenchRole role = BenchRole::Ours;
  std::string name = {};                     // empty: the backend's
  std::function<double()> own_seconds = {};  // of the last call; absent: all of it is measured
};

// Ours and the peers of this build. `only`: of ours those with these names; empty: all but the
// reference.
std::vector<Contestant> contestants(const std::vector<std::string>& only, int threads);

struct BenchResult {
  std::string problem, direction, backend;
  BenchRole role = BenchRole::Ours;
  std::string refused = {};       // why it was not measured
  double seconds = 0;             // the median
  double gigaflops = 0;           // of the direct sum's products, whatever is computed
  double error_in_bounds = 0;     // the largest of a sample; the bound is that of judge.h
  double ratio_to_best_peer = 0;  // the best peer's time over this one's; 0: there is no peer
};

struct BenchSettings {
  int threads = 2, rounds = 9;
  // Of all threads together instead of the wall's time, for a machine that others use; a contestant
  // with seconds of its own is then refused.
  bool processor_time = false;
};

// The medians of calls in random turn (Google Benchmark's interleaving), so that a disturbance of
// the machine meets all alike; on the fill `real`, by which the error is judged. Of unshared
// filters a peer "copy" is added: the time in which the machine's memory could read and write as
// many bytes as the operands have. `c` is one problem. Throws ConvError{Memory}.
std::vector<BenchResult> measure(const Case& c, const std::vector<Contestant>& contestants,
                                 const BenchSettings& settings);

}  // namespace convcheck
