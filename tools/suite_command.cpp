#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>

#include "tools/commands.h"
#include "tools/failing_cases.h"
#include "tools/report.h"
#include "tools/suite_run.h"
#include "tools/usage_error.h"
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

// Random cases of a seed that nobody chose; parts of one run, and a run that is continued, need the
// same.
void choose_seed(SuiteRunOptions& options, const ShardChoice& choice) {
  Selection& selection = options.selection;
  if (!selection.random) return;
  if (!selection.seed && (choice.shard.count > 1 || !options.resume.empty())) {
    throw UsageError("--random: expected --seed with it, for other processes draw the same cases");
  }
  if (!selection.seed) selection.seed = std::random_device()() % 1000000;
  fmt::print("random cases of seed {0}: --random {1} --seed {0} draws them again\n",
             *selection.seed, *selection.random);
}

int suite(SuiteRunOptions options) {
  const auto start = Clock::now();
  Selection& selection = options.selection;
  options.quick |= !options.full && !selection.random && selection.case_files.empty();
  select_backends(options.backends);  // a wrong name is said before anything is read
  select_rules(options.rules);
  const ShardChoice choice = choose_shard(options.shard);
  if (selection.random && options.append.empty()) options.append = kFailingCasesFile;
  std::optional<FailingCases> failing;
  if (!options.append.empty()) failing.emplace(options.append);
  RunReports reports(options.reports, choice, options.results + options.resume);
  choose_seed(options, choice);
  selection.also = witnesses_of(known_failures_of(options));
  const SelectedCases selected = select_cases(selection);
  stop_on_interrupt();
  print_selected(selected, choice);

  const RunRecord record = run_selected(selected.cases, options, choice, start);
  fmt::print("{}{}{}", findings_text(record.result, kFindingsShown), table_text(record.result),
             memory_text());
  reports.write(record, options.strict);
  if (failing) fmt::print("{}", failing->append(record.result));
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
  command
      .add_option(
          "--random", selection.random,
          "So many random cases instead of grids and layers; --seed is that of drawing them")
      ->check(whole_number(1, 100000000));
  command.add_option("--append", options.append,
                     std::string("Append failing cases to this file; with --random unless given ") +
                         kFailingCasesFile);
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
  command.add_option("--known-failures", options.known_failures,
                     "Instead of the shipped list (checker/known_failures.h has the grammar)");
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
      ->check(seconds(0));
  CLI::Option* results = command.add_option(
      "--results", options.results,
      "Write a line for each case to this file as soon as it is done; for --resume and merge");
  command
      .add_option("--resume", options.resume,
                  "Continue the run that wrote this result file, or begin it")
      ->excludes(results);
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
  add_isolation_options(*command, options->isolation);
  add_report_options(*command, options->reports);
  command->callback([options, &exit_code] { exit_code = suite(*options); });
}

}  // namespace convcheck
