// Joins the result files of the parts of a suite.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <set>

#include "checker/books.h"
#include "tools/commands.h"
#include "tools/report.h"
#include "tools/results_file.h"
#include "tools/run_reports.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

constexpr std::size_t kFindingsShown = 10;
constexpr std::size_t kFindingsKept = 1000;

struct Options {
  std::vector<std::string> files;
  bool strict = false;
  ReportPaths reports;
};

class Merged {
 public:
  Merged() : books_(kFindingsKept) {}

  void add(const std::string& path) {
    const Results results = read_results(path);
    if (seen_.empty()) {
      record_.header = results.header;
      first_ = path;
    }
    require_same_run(path, results.header, first_, record_.header);
    const std::size_t number = results.header.shard.number;
    if (!seen_.insert(number).second) {
      throw UsageError(fmt::format("{}: shard = {}: expected each shard once", path, number));
    }
    std::int64_t units = 0;
    for (std::size_t i = 0; i < results.cases.size(); ++i) units += enter(results, i);
    const std::int64_t planned = results.header.units_by_shard.at(number - 1);
    if (units > planned) {
      throw UsageError(fmt::format("{}: units = {}: expected at most {}, as shard {} has", path,
                                   units, planned, number));
    }
    if (units < planned) {
      const std::string what = fmt::format("shard {}", number);
      books_.add_missing(what, planned - units,
                         results.end ? Verdict::skipped("its shard stopped before") : kNotRun);
    }
    if (!results.end) return;
    seconds_ += results.end->seconds;
    for (const Finding& finding : results.end->findings) small_.push_back(finding);
  }

  RunRecord finish() {
    const RunHeader& header = record_.header;
    for (std::size_t number = 1; number <= header.shard.count; ++number) {
      if (seen_.count(number) == 0) {
        books_.add_missing(fmt::format("shard {}", number), header.units_by_shard[number - 1],
                           kNotRun);
      }
    }
    record_.result = books_.close();
    if (!header.named) mark_as_not_asked_for(record_.result.counts);
    record_.result.seconds.total = seconds_;
    put_in_small();
    return std::move(record_);
  }

 private:
  std::int64_t enter(const Results& results, std::size_t at) {
    const CaseResult& result = results.cases[at];
    if (!numbers_.insert(result.number).second) {
      throw UsageError(
          fmt::format("case {}, {}: expected in one shard once", result.number, results.lines[at]));
    }
    const Case c = parse_case(results.lines[at]);
    const RunHeader& header = results.header;
    for (const UnitResult& unit : result.units) {
      const BackendLabel& backend = header.backends.at(unit.unit.backend);
      Finding finding =
          finding_of(c, backend.name, header.rules.at(unit.unit.rule), header.threads, unit);
      finding.plugin = backend.plugin;
      books_.add(result.number, finding);
      books_.add_seconds(backend.name, unit);
    }
    record_.rows.push_back({result.number, results.lines[at], letters_of(result, header)});
    return static_cast<std::int64_t>(result.units.size());
  }

  // What nobody has run is nobody's pass.
  const Verdict kNotRun = Verdict::broken("the shard is missing, or its run was killed");

  // Findings that a shard has made small take the place of what it found first.
  void put_in_small() {
    for (const Finding& small : small_) {
      const auto same = [&](const Finding& one) {
        return one.backend == small.backend && one.rule == small.rule &&
               (to_string(one.subject) == small.shrunk_from ||
                (!one.subject.name.empty() && one.subject.name == small.shrunk_from));
      };
      std::vector<Finding>& all = record_.result.findings;
      const auto found = std::find_if(all.begin(), all.end(), same);
      if (found != all.end() && !small.shrunk_from.empty()) *found = small;
    }
  }

  Books books_;
  RunRecord record_;
  std::string first_;  // the first file
  std::set<std::size_t> seen_, numbers_;
  std::vector<Finding> small_;
  double seconds_ = 0;
};

int merge(const Options& options) {
  RunReports reports(options.reports, {}, "");
  Merged merged;
  for (const std::string& path : options.files) merged.add(path);
  const RunRecord record = merged.finish();
  fmt::print("{}{}", findings_text(record.result, kFindingsShown), table_text(record.result));
  reports.write(record, options.strict);
  fmt::print("{}", closing_line(record.result.counts, options.strict));
  return exit_of(record.result.counts, options.strict).code;
}

}  // namespace

void add_merge_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "merge", "Join the result files of the shards of a suite into one account");
  const auto options = std::make_shared<Options>();
  command->add_option("files", options->files, "What convcheck suite --results has written")
      ->required();
  command->add_flag("--strict", options->strict, "A vacuous unit counts as failed");
  add_report_options(*command, options->reports);
  command->callback([options, &exit_code] { exit_code = merge(*options); });
}

}  // namespace convcheck
