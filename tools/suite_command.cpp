#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <random>

#include "tools/commands.h"
#include "tools/composed.h"
#include "tools/failing_cases.h"
#include "tools/progress.h"
#include "tools/report.h"
#include "tools/report_json.h"
#include "tools/selection.h"
#include "tools/whole_number.h"

namespace convcheck {
namespace {

using Clock = std::chrono::steady_clock;

// The last case starts here; it and the report fit into the rest of the promised 60 seconds.
constexpr std::chrono::seconds kQuick{50};
constexpr std::size_t kFindingsShown = 10;

struct Options {
  bool quick = false, full = false, verbose = false, strict = false, no_shrink = false;
  std::vector<std::string> backends, rules;
  Selection selection;
  int jobs = 0;
  std::string json, append;
};

void print_unit(const Finding& finding) {
  const Verdict& verdict = finding.verdict;
  fmt::print("{:<8} {}  {}  {}{}\n", to_string(verdict.outcome), finding.rule, finding.backend,
             to_string(finding.subject),
             verdict.reason.empty() ? "" : "  (" + verdict.reason + ")");
}

SuiteResult run(const SelectedCases& selected, const Options& options, bool quick,
                Clock::time_point start) {
  const std::vector<BackendPtr> backends = select_backends(options.backends);
  Progress progress;
  SuiteOptions suite;
  suite.on_planned = [&](std::int64_t units) { progress.plan(units); };
  suite.jobs = options.jobs;
  suite.composed = [](const Case& c, const BackendPtr& backend) {
    return judge_composed(c, backend);
  };
  suite.rules = select_rules(options.rules);
  if (options.no_shrink) suite.findings_shrunk = 0;
  if (quick) {
    suite.deadline = start + kQuick;
    suite.deadline_reason = "time limit of --quick";
  }
  suite.on_unit = [&](const Finding& finding) {
    if (options.verbose) {
      print_unit(finding);
    } else {
      progress.add(finding);
    }
  };
  SuiteResult result = run_suite(selected.cases, backends, suite);
  progress.finish();
  return result;
}

// A seed that nobody chose.
std::uint64_t fresh_seed() { return std::random_device()() % 1000000; }

int suite(Options options) {
  const auto start = Clock::now();
  const std::optional<std::int64_t> random = options.selection.random;
  const bool quick =
      options.quick || (!options.full && !random && options.selection.case_files.empty());
  if (random && !options.selection.seed) options.selection.seed = fresh_seed();
  if (random && options.append.empty()) options.append = kFailingCasesFile;
  std::optional<FailingCases> failing;
  if (!options.append.empty()) failing.emplace(options.append);
  select_backends(options.backends);  // a wrong name is said before anything is read
  select_rules(options.rules);
  std::unique_ptr<JsonReport> json;
  if (!options.json.empty()) json = std::make_unique<JsonReport>(options.json);
  const SelectedCases selected = select_cases(options.selection);
  if (random) {
    fmt::print("random cases of seed {0}: --random {1} --seed {0} draws them again\n",
               *options.selection.seed, *random);
  }
  fmt::print("{} cases, cheapest first",
             with_separators(static_cast<std::int64_t>(selected.cases.size())));
  if (selected.illegal > 0) {
    fmt::print("; left out {} combinations of the grids that are no problem",
               with_separators(selected.illegal));
  }
  fmt::print("\n");
  std::fflush(stdout);

  const SuiteResult result = run(selected, options, quick, start);
  fmt::print("{}{}", findings_text(result, kFindingsShown), table_text(result));
  if (json) json->write(result);
  if (failing) fmt::print("{}", failing->append(result));
  if (quick) fmt::print("the full run: convcheck suite --full\n");
  fmt::print("{}", closing_line(result.counts, options.strict));
  return exit_of(result.counts, options.strict).code;
}

}  // namespace

void add_suite_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("suite",
                                         "Judge backends on many cases: by default the grids and "
                                         "the network layers, on every built backend");
  const auto options = std::make_shared<Options>();
  CLI::Option* quick =
      command->add_flag("--quick", options->quick,
                        "At most 60 seconds, cheapest cases first (the default without --cases)");
  command->add_flag("--full", options->full, "Everything")->excludes(quick);
  command->add_option("--backend", options->backends,
                      "Only this backend; may be repeated (see `convcheck list`)");
  command->add_option(
      "--cases", options->selection.case_files,
      "Case lines, one a line, or a table of network layers (.csv); may be repeated");
  command
      ->add_option(
          "--random", options->selection.random,
          "So many random cases instead of grids and layers; --seed is that of drawing them")
      ->check(whole_number(1, 100000000));
  command->add_option(
      "--append", options->append,
      std::string("Append failing cases to this file; with --random unless given ") +
          kFailingCasesFile);
  command->add_option("--match", options->selection.match,
                      "Only cases whose line has a match of this regular expression");
  command
      ->add_option("--seed", options->selection.seed, "Seed of the data, instead of the cases' own")
      ->check(whole_number(0, UINT64_MAX));
  command
      ->add_option("--batch-cap", options->selection.batch_cap,
                   "Largest batch; 2 for network layers unless given, no limit for other cases")
      ->check(whole_number(1, INT64_MAX));
  command->add_option("--rule", options->rules,
                      "Only this rule; may be repeated (see `convcheck list`)");
  command->add_flag("--strict", options->strict, "A vacuous unit counts as failed");
  command->add_flag("--no-shrink", options->no_shrink, "Report failing cases as they are");
  command->add_option("--jobs", options->jobs, "Cases at once; default: the threads of the machine")
      ->check(whole_number(1, 4096));
  command->add_option("--json", options->json, "Write the result to this file, too");
  command->add_flag("--verbose", options->verbose, "A line for every case and backend");
  command->callback([options, &exit_code] { exit_code = suite(*options); });
}

}  // namespace convcheck
