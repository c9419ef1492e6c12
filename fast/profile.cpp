#include "fast/profile.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <tuple>

#include "reference/case.h"
#include "reference/flops.h"

namespace convcheck {
namespace {

// Prints when the program ends.
class Profile {
 public:
  ~Profile() {
    const std::string report = profile_report();
    if (!report.empty()) std::fputs(report.c_str(), stderr);
  }

  void count(const ProfileRow& call) {
    const std::lock_guard lock(mutex_);
    ProfileRow& row =
        rows_.try_emplace({call.problem, call.backend, call.threads}, call).first->second;
    ++row.calls;
    row.seconds += call.seconds;
    row.choosing += call.choosing;
    if (!call.why.empty()) row.why = call.why;
  }
  std::vector<ProfileRow> rows() const {
    const std::lock_guard lock(mutex_);
    std::vector<ProfileRow> all;
    for (const auto& [key, row] : rows_) all.push_back(row);
    return all;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    rows_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, ProfileRow> rows_;
};

Profile& profile() {
  static Profile profile;
  return profile;
}

std::string line_of(const ConvProblem& problem, const Operands& operands) {
  Case c = make_case(problem, operands.x.type);
  c.w_type = operands.w.type;
  c.y_type = operands.y.type;
  return to_string(c);
}

}  // namespace

std::vector<ProfileRow> profile_rows() {
  std::vector<ProfileRow> rows = profile().rows();
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; });
  return rows;
}

std::string profile_report() {
  const std::vector<ProfileRow> rows = profile_rows();
  if (rows.empty()) return "";
  double all = 0, choosing = 0;
  std::int64_t calls = 0;
  for (const ProfileRow& row : rows) {
    all += row.seconds;
    choosing += row.choosing;
    calls += row.calls;
  }
  char text[160];
  std::snprintf(text, sizeof text,
                "convcheck profile: %lld calls of %zu distinct problems, %.3f s; %.3f s choosing\n"
                "%9s %10s %6s %9s  %s\n",
                static_cast<long long>(calls), rows.size(), all, choosing, "calls", "seconds", "%",
                "GFLOP/s", "backend and problem");
  std::string report = text;
  for (const ProfileRow& row : rows) {
    const double done = static_cast<double>(row.flops) * static_cast<double>(row.calls);
    std::snprintf(text, sizeof text, "%9lld %10.4f %6.1f %9.2f  ",
                  static_cast<long long>(row.calls), row.seconds,
                  all > 0 ? 100 * row.seconds / all : 0,
                  row.seconds > 0 ? done / row.seconds * 1e-9 : 0);
    report += text + row.backend + (row.why.empty() ? "" : " (" + row.why + ")") + "  " +
              row.problem + (row.threads > 0 ? " threads " + std::to_string(row.threads) : "") +
              "\n";
  }
  return report;
}

void clear_profile() { profile().clear(); }

void profiled_run(const Backend& backend, const ConvProblem& problem, const Operands& operands,
                  const RunContext& context) {
  Choice choice{.backend = backend.name(), .why = "by name"};
  const auto start = std::chrono::steady_clock::now();
  {
    const ChoiceListener listener(choice);
    run(backend, problem, operands, context);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  profile().count({.problem = line_of(problem, operands),
                   .threads = context.threads,
                   .backend = choice.backend,
                   .why = choice.why,
                   .calls = 0,
                   .flops = flops(problem),
                   .seconds = seconds - choice.seconds,
                   .choosing = choice.seconds});
}

}  // namespace convcheck
