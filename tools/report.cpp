#include "tools/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "checker/device/device.h"
#include "fast/dispatch.h"

namespace convcheck {
namespace {

// Of the column with the backends.
std::size_t width_of(const CountsByDirection& all) {
  std::size_t width = 12;
  for (const auto& [key, counts] : all) width = std::max(width, key.first.size());
  return width;
}

std::string row(const std::string& backend, const std::string& direction, const Counts& counts,
                std::size_t width) {
  std::string text = fmt::format("{:<{}} {:<15}", backend, width, direction);
  for (const std::int64_t number :
       {counts.planned, counts.passed, counts.failed, counts.skipped_in_all(), counts.vacuous,
        counts.broken, counts.known}) {
    text += fmt::format(" {:>9}", with_separators(number));
  }
  return text + "\n";
}

// One line a backend: "rules  corrmm  value 1,200  repeat 300 (failed 2)".
std::string rules_text(const CountsByDirection& by_rule) {
  std::map<std::string, std::string> lines;
  for (const auto& [key, counts] : by_rule) {
    std::string& line = lines[key.first];
    line += fmt::format("  {} {}", key.second, with_separators(counts.planned));
    if (counts.failed > 0) line += fmt::format(" (failed {})", with_separators(counts.failed));
  }
  std::string text;
  for (const auto& [backend, line] : lines) text += fmt::format("rules of {}:{}\n", backend, line);
  return by_rule.size() > lines.size() ? text : "";
}

// What is not in the table, and which release of a library is.
std::string backends_text(const SuiteResult& result) {
  std::string text;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr) {
      text += fmt::format("{:<12} not built: {}\n", entry.name, entry.reason);
      continue;
    }
    const bool ran = result.seconds.running.count(entry.name) > 0;
    if (entry.memory == MemoryKind::Cuda && !ran && device_in_use() == nullptr) {
      text += fmt::format("{:<12} not run: {}\n", entry.name, why_no_device());
      continue;
    }
    const std::string version = entry.backend->version();
    if (version.empty() || !ran) continue;
    text += fmt::format("{:<12} version {}\n", entry.name, version);
  }
  return text;
}

}  // namespace

std::string findings_text(const SuiteResult& result, std::size_t shown) {
  std::string text;
  for (std::size_t i = 0; i < result.findings.size() && i < shown; ++i) {
    text += explain(result.findings[i]) + "\n";
  }
  const std::int64_t more = result.findings_in_all - static_cast<std::int64_t>(shown);
  if (more > 0)
    text +=
        fmt::format("... and {} more; --json FILE keeps up to 1,000\n\n", with_separators(more));
  return text;
}

std::string table_text(const SuiteResult& result) {
  const std::size_t width = width_of(result.counts);
  std::string text = fmt::format("{:<{}} {:<15} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
                                 "backend", width, "direction", "planned", "passed", "failed",
                                 "skipped", "vacuous", "broken", "known");
  for (const auto& [key, counts] : result.counts) text += row(key.first, key.second, counts, width);
  text += rules_text(result.by_rule) + backends_text(result);
  text += fmt::format("{:.1f} s; over all threads {:.1f} s preparing (fill, oracle)",
                      result.seconds.total, result.seconds.preparing);
  for (const auto& [name, seconds] : result.seconds.running)
    text += fmt::format(", {:.1f} s in {}", seconds, name);
  return text + "\n";
}

std::string closing_line(const CountsByDirection& counts, bool strict) {
  const Exit exit = exit_of(counts, strict);
  return accounting_line(total(counts)) + "    exit " + std::to_string(exit.code) +
         (exit.code == 0 ? "" : ": " + exit.reason) + "\n";
}

}  // namespace convcheck
