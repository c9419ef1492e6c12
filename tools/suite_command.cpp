#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <memory>

#include "tools/commands.h"
#include "tools/report.h"
#include "tools/suite_run.h"
#include "tools/whole_number.h"

namespace convcheck {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kFindingsShown = 10;

void print_selected(const SelectedCases& selected, const ShardChoice& choice) {
  fmt::print("{} cases, cheapest first",
             with_separators(static_cast<std::int64_t>(selected.cases.size())));
  if (selected.illegal > 0) {
    fmt::print("; left out {} combinations of the grids that are no problem",
               with_separators(selected.illegal));
  }
  if (choice.shard.count > 1) {
    fmt::print("; shard {} of {}{}", choice.shard.number, choice.shard.count,
               choice.from.empty() ? "" : ", from " + choice.from);
  }
  fmt::print("\n");
  for (const std::string& note : selected.notes) fmt::print("{}\n", note);
  std::fflush(stdout);
}

std::string memory_text() {
  rusage own{}, workers{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &workers);
  std::string text = fmt::format("peak memory {} MiB", with_separators(own.ru_maxrss / 1024));
  if (workers.ru_maxrss > 0) {
    text += fmt::format(", of the largest worker process {} MiB",
                        with_separators(workers.ru_maxrss / 1024));
  }
  return text + "\n";
}

int suite(SuiteRunOptions options) {
  const auto start = Clock::now();
  options.quick |= !options.full && options.selection.case_files.empty();
  select_backends(options.backends);  // a wrong name is said before anything is read
  select_rules(options.rules);
  const ShardChoice choice = choose_shard(options.shard);
  RunReports reports(options.reports, choice);
  const SelectedCases selected = select_cases(options.selection);
  print_selected(selected, choice);

  const RunRecord record = run_selected(selected.cases, options, choice, start);
  fmt::print("{}{}{}", findings_text(record.result, kFindingsShown), table_text(record.result),
             memory_text());
  reports.write(record, options.strict);
  if (options.quick) fmt::print("the full run: convcheck suite --full\n");
  fmt::print("{}", closing_line(record.result.counts, options.strict));
  if (stopping_signal() != 0) {
    fmt::print("interrupted\n");
    return 128 + stopping_signal();
  }
  return exit_of(record.result.counts, options.strict).code;
}

void add_case_options(CLI::App& command, SuiteRunOptions& options) {
  Selection& selection = options.selection;
  CLI::Option* quick =
      command.add_flag("--quick", options.quick,
                       "At most 60 seconds, cheapest cases first (the default without --cases)");
  command.add_flag("--full", options.full, "Everything")->excludes(quick);
  command.add_option(
      "--cases", selection.case_files,
      "Case lines, one a line, a batch file of benchdnn, or a table of network layers (.csv); may "
      "be repeated");
  command.add_option("--match", selection.match,
                     "Only cases whose line has a match of this regular expression");
  command.add_option("--seed", selection.seed, "Seed of the data, instead of the cases' own")
      ->check(whole_number(0, UINT64_MAX));
  command
      .add_option("--batch-cap", selection.batch_cap,
                  "Largest batch; 2 for network layers unless given, no limit for other cases")
      ->check(whole_number(1, INT64_MAX));
}

void add_judging_options(CLI::App& command, SuiteRunOptions& options) {
  add_backend_options(command, options.backends);
  command.add_option("--rule", options.rules,
                     "Only this rule; may be repeated (see `convcheck list`)");
  command.add_flag("--strict", options.strict, "A vacuous unit counts as failed");
  command.add_flag("--no-shrink", options.no_shrink, "Report failing cases as they are");
  command.add_flag("--verbose", options.verbose, "A line for every case, backend and rule");
}

void add_running_options(CLI::App& command, SuiteRunOptions& options) {
  command.add_option("--jobs", options.jobs, "Cases at once; default: the threads of the machine")
      ->check(whole_number(1, 4096));
  command
      .add_option(
          "--shard", options.shard,
          "I/N: only part I of N; the parts are equally long. '*/N': I from the environment.\n"
          "Default: as SLURM_ARRAY_TASK_ID, GTEST_SHARD_INDEX, OMPI_COMM_WORLD_RANK or\n"
          "PMI_RANK and their counts say; JOB_COMPLETION_INDEX needs '*/N'")
      ->type_name("I/N");
  command.add_option("--time-limit", options.time_limit, "Seconds; what is left then is skipped")
      ->check(CLI::NonNegativeNumber);
  CLI::Option* results = command.add_option(
      "--results", options.results,
      "Write a line for each case to this file as soon as it is done; for --resume and merge");
  command
      .add_option("--resume", options.resume,
                  "Continue the run that wrote this result file, or begin it")
      ->excludes(results);
  CLI::Option* in_process =
      command.add_flag("--in-process", options.in_process,
                       "No worker processes: a kernel that crashes takes the suite along");
  command
      .add_option("--unit-seconds", options.unit_seconds,
                  "A rule on a case may take so long, and what the case's size calls for")
      ->capture_default_str()
      ->check(CLI::PositiveNumber)
      ->excludes(in_process);
  command
      .add_option("--unit-memory", options.unit_mebibytes,
                  "A worker may take so many MiB, and eight times the case's operands")
      ->capture_default_str()
      ->check(whole_number(1, 1 << 30))
      ->excludes(in_process);
}

}  // namespace

void add_suite_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("suite",
                                         "Judge backends on many cases: by default the grids and "
                                         "the network layers, on every built backend");
  const auto options = std::make_shared<SuiteRunOptions>();
  add_case_options(*command, *options);
  add_judging_options(*command, *options);
  add_running_options(*command, *options);
  add_report_options(*command, options->reports);
  command->callback([options, &exit_code] { exit_code = suite(*options); });
}

}  // namespace convcheck
