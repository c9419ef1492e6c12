// What a benchmark says of one backend on one problem.
#pragma once

#include <string>
#include <vector>

#include "checker/judge.h"
#include "checker/judged.h"
#include "checker/sample.h"

namespace convcheck {

enum class BenchRole {
  Ours,
  Peer,     // what a user would take instead, with operands as the call has them
  StandIn,  // a peer where there is no other: im2col and OpenBLAS
  Shown,    // beside the others, in no ratio
  Beyond,   // a peer's way to compute that breaks claims of ours, to show what they cost: in no
            // ratio, and it cannot fail
};
// "ours", "peer", "stand-in", "shown", "beyond".
const char* to_string(BenchRole role);

struct BenchResult {
  std::string problem, direction, backend;
  BenchRole role = BenchRole::Ours;
  std::string refused = {};       // why it was not measured
  double seconds = 0;             // the median
  double gigaflops = 0;           // of the direct sum's products, whatever is computed
  double error_in_bounds = 0;     // the largest of a sample; the bound is that of judge.h
  double ratio_to_best_peer = 0;  // the best peer's time over this one's; 0: there is no peer
  std::string note = {};          // what else there is to say
};

// Whether its error is beyond the bound, or it threw.
bool has_failed(const BenchResult& result);

// The best peer's time over each one's, of one problem; stand-ins count where there is no peer.
void set_ratios(std::vector<BenchResult>& results);

// The largest error of the expected elements, in units of the bound; infinite where a number is not
// one. The result is a host view.
double worst_in_bounds(const Judge& judge, const Expectation& expectation,
                       const TensorView& result);

}  // namespace convcheck
