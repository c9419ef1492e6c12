// The files that a run leaves for programs and people.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tools/report_file.h"
#include "tools/run_record.h"
#include "tools/shard_choice.h"

namespace CLI {
class App;
}

namespace convcheck {

struct ReportPaths {
  std::string json, junit, html;
};

// The options --json, --junit and --html of a command.
void add_report_options(CLI::App& command, ReportPaths& paths);

class RunReports {
 public:
  // Throws UsageError for a file that cannot be written, or that another report or the results
  // (none: empty) go to, before anything is run.
  RunReports(const ReportPaths& paths, const ShardChoice& choice, const std::string& results);
  void write(const RunRecord& record, bool strict);

 private:
  using Text = std::string (*)(const RunRecord& record, bool strict);
  struct Report {
    std::unique_ptr<ReportFile> file;
    Text text;
  };

  std::vector<Report> reports_;
};

}  // namespace convcheck
