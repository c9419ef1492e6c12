// How benchmarks are shown.
#pragma once

#include <string>
#include <vector>

#include "tools/bench_measure.h"

namespace convcheck {

// The results of one problem and direction: a line for each backend.
std::string bench_table(const std::vector<BenchResult>& results);

// The best of ours over the best peer: the geometric mean and the least, per direction; with
// transforms among ours and without, where there are any. Empty without peers.
std::string bench_summary(const std::vector<BenchResult>& results);

// The same of each of ours by itself: "forward gpu_direct: best peer's time over its own, geometric
// mean 0.61, least 0.40, 12 problems". Only of what was measured beside a peer.
std::string bench_summary_by_backend(const std::vector<BenchResult>& results);

// {"machine": ..., "results": [{"problem", "direction", "backend", "role", "seconds", "gflops",
// "error_in_bounds", "ratio_to_best_peer"}, or with "refused" in the place of numbers; "note" where
// there is one]}. A ratio is null without a peer, an infinite error, too.
std::string bench_json(const std::vector<BenchResult>& results, const BenchSettings& settings);

}  // namespace convcheck
