#include "tools/bench_result.h"

#include <algorithm>
#include <cmath>

namespace convcheck {

const char* to_string(BenchRole role) {
  switch (role) {
    case BenchRole::Ours:
      return "ours";
    case BenchRole::Peer:
      return "peer";
    case BenchRole::StandIn:
      return "stand-in";
    case BenchRole::Shown:
      return "shown";
    case BenchRole::Beyond:
      break;
  }
  return "beyond";
}

bool has_failed(const BenchResult& result) {
  if (result.role == BenchRole::Beyond) return false;
  return result.refused.empty() ? !(result.error_in_bounds <= 1)
                                : result.refused.starts_with("threw");
}

void set_ratios(std::vector<BenchResult>& results) {
  const auto best_of = [&](BenchRole role) {
    double best = HUGE_VAL;
    for (const BenchResult& one : results) {
      if (one.role == role && one.refused.empty()) best = std::min(best, one.seconds);
    }
    return best;
  };
  double best = best_of(BenchRole::Peer);
  if (!std::isfinite(best)) best = best_of(BenchRole::StandIn);
  for (BenchResult& one : results) {
    if (one.refused.empty() && std::isfinite(best)) one.ratio_to_best_peer = best / one.seconds;
  }
}

double worst_in_bounds(const Judge& judge, const Expectation& expectation,
                       const TensorView& result) {
  double worst = 0;
  for (const Expected& one : expectation.elements) {
    const double error = deviation(judge, result.at(one.at), one.sum).in_bounds;
    if (!(error <= worst)) worst = std::isnan(error) ? HUGE_VAL : error;
  }
  return worst;
}

}  // namespace convcheck
