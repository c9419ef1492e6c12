#include "tools/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "fast/dispatch.h"
#include "fast/tuning.h"

namespace convcheck {
namespace {

std::string speed_text(const BenchResult& one) {
  if (!(one.gigaflops > 0)) return "";
  return fmt::format("{:>8.1f} GFLOP/s  error {:.2g}{}", one.gigaflops, one.error_in_bounds,
                     has_failed(one) ? " WRONG" : "");
}

bool is_transform(const BenchResult& one) {
  for (const BackendEntry& entry : backends()) {
    if (entry.name != one.backend || entry.backend == nullptr) continue;
    return entry.backend->claims().algorithm == Claims::Algorithm::Transform;
  }
  return false;
}

// Of one direction.
struct Ratios {
  double logarithms = 0, least = HUGE_VAL;
  int count = 0;

  void add(double ratio) {
    logarithms += std::log(ratio);
    least = std::min(least, ratio);
    ++count;
  }
};

// The best of ours for every problem and direction that has a peer.
std::map<std::string, Ratios> ratios_of(const std::vector<BenchResult>& results, bool transforms) {
  std::map<std::pair<std::string, std::string>, double> best;
  for (const BenchResult& one : results) {
    if (one.role != BenchRole::Ours || !(one.ratio_to_best_peer > 0)) continue;
    if (!transforms && is_transform(one)) continue;
    double& ratio = best[{one.direction, one.problem}];
    ratio = std::max(ratio, one.ratio_to_best_peer);
  }
  std::map<std::string, Ratios> by_direction;
  for (const auto& [key, ratio] : best) by_direction[key.first].add(ratio);
  return by_direction;
}

nlohmann::json number_or_null(double number) {
  return std::isfinite(number) ? nlohmann::json(number) : nlohmann::json();
}

}  // namespace

std::string bench_table(const std::vector<BenchResult>& results) {
  if (results.empty()) return "";
  std::string text = results.front().problem + "\n";
  for (const BenchResult& one : results) {
    if (!one.refused.empty()) {
      text += fmt::format("  {:<20} {:<9} refused: {}\n", one.backend, to_string(one.role),
                          one.refused);
      continue;
    }
    text += fmt::format("  {:<20} {:<9} {:>10.4f} ms {:<36} {}\n", one.backend, to_string(one.role),
                        one.seconds * 1e3, speed_text(one),
                        one.ratio_to_best_peer > 0
                            ? fmt::format("{:.2f} of the best peer", one.ratio_to_best_peer)
                            : "");
    if (!one.note.empty()) text += fmt::format("  {:<20} {}\n", "", one.note);
  }
  return text;
}

std::string bench_summary(const std::vector<BenchResult>& results) {
  std::string text;
  const bool any_transform =
      std::any_of(results.begin(), results.end(), [](const BenchResult& one) {
        return one.role == BenchRole::Ours && one.refused.empty() && is_transform(one);
      });
  for (const bool transforms : {true, false}) {
    if (!transforms && !any_transform) continue;
    for (const auto& [direction, ratios] : ratios_of(results, transforms)) {
      text += fmt::format(
          "{}{}: best of ours over best peer, geometric mean {:.2f}, least {:.2f}, "
          "{} problems\n",
          direction, transforms || !any_transform ? "" : " without transforms",
          std::exp(ratios.logarithms / ratios.count), ratios.least, ratios.count);
    }
  }
  return text;
}

std::string bench_summary_by_backend(const std::vector<BenchResult>& results) {
  std::map<std::pair<std::string, std::string>, Ratios> all;
  for (const BenchResult& one : results) {
    if (one.role != BenchRole::Ours || !(one.ratio_to_best_peer > 0)) continue;
    all[{one.direction, one.backend}].add(one.ratio_to_best_peer);
  }
  std::string text;
  for (const auto& [key, ratios] : all) {
    text += fmt::format(
        "{} {}: best peer's time over its own, geometric mean {:.3f}, least {:.3f}, {} problems\n",
        key.first, key.second, std::exp(ratios.logarithms / ratios.count), ratios.least,
        ratios.count);
  }
  return text;
}

std::string bench_json(const std::vector<BenchResult>& results, const BenchSettings& settings) {
  nlohmann::json all = nlohmann::json::array();
  for (const BenchResult& one : results) {
    nlohmann::json row{{"problem", one.problem},
                       {"direction", one.direction},
                       {"backend", one.backend},
                       {"role", to_string(one.role)}};
    if (one.refused.empty()) {
      row["seconds"] = one.seconds;
      row["gflops"] = one.gigaflops;
      row["error_in_bounds"] = number_or_null(one.error_in_bounds);
      row["ratio_to_best_peer"] =
          one.ratio_to_best_peer > 0 ? nlohmann::json(one.ratio_to_best_peer) : nlohmann::json();
    } else {
      row["refused"] = one.refused;
    }
    if (!one.note.empty()) row["note"] = one.note;
    all.push_back(std::move(row));
  }
  return nlohmann::json{{"machine", settings.machine.empty() ? machine_name() : settings.machine},
                        {"threads", settings.threads},
                        {"rounds", settings.rounds},
                        {"results", std::move(all)}}
             .dump(2) +
         "\n";
}

}  // namespace convcheck
