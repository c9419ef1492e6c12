#include "tools/run_reports.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "tools/report_html.h"
#include "tools/report_json.h"
#include "tools/report_junit.h"
#include "tools/usage_error.h"

namespace convcheck {

void add_report_options(CLI::App& command, ReportPaths& paths) {
  command.add_option("--json", paths.json, "Write the result to this file, for programs");
  command.add_option("--junit", paths.junit, "Write it as JUnit XML, for CI systems");
  command.add_option("--html", paths.html, "Write it as a page, for people");
}

RunReports::RunReports(const ReportPaths& paths, const ShardChoice& choice,
                       const std::string& results) {
  std::vector<std::string> taken{results};
  const auto add = [&](const char* option, const std::string& path, Text text) {
    if (path.empty()) return;
    if (std::find(taken.begin(), taken.end(), path) != taken.end() && !path.starts_with("/dev/")) {
      throw UsageError(std::string(option) + " = " + path +
                       ": expected a file that nothing else is written to");
    }
    taken.push_back(path);
    const std::string own = path_of_shard(option, path, choice);
    reports_.push_back({std::make_unique<ReportFile>(option, own), text});
  };
  add("--json", paths.json,
      [](const RunRecord& record, bool strict) { return json_text(record.result, strict); });
  add("--junit", paths.junit, junit_text);
  add("--html", paths.html, html_text);
}

void RunReports::write(const RunRecord& record, bool strict) {
  for (const Report& report : reports_) report.file->write(report.text(record, strict));
}

}  // namespace convcheck
