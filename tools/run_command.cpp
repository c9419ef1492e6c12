#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>

#include "tools/commands.h"
#include "tools/composed.h"
#include "tools/isolation_options.h"
#include "tools/report.h"
#include "tools/selection.h"
#include "tools/whole_number.h"

namespace convcheck {
namespace {

struct Options {
  std::string line;
  BackendSelection backends;
  std::vector<std::string> rules;
  int threads = 1;
  IsolationOptions isolation;
};

int run_line(const Options& options) {
  const std::vector<BackendPtr> backends = select_backends(options.backends);
  SuiteOptions suite;
  suite.jobs = 1;
  suite.threads = options.threads;
  suite.composed = [](const Case& c, const BackendPtr& backend) {
    return judge_composed(c, backend);
  };
  suite.rules = select_rules(options.rules);
  suite.repeated_flops = std::numeric_limits<double>::infinity();
  suite.findings_shrunk = 0;
  suite.make_runner = make_runner(options.isolation);
  suite.on_unit = [](const Finding& finding) { fmt::print("{}", explain(finding)); };
  SuiteResult result = run_suite({selected_case(options.line)}, backends, suite);
  if (!options.backends.named()) mark_as_not_asked_for(result.counts);
  fmt::print("{}", closing_line(result.counts));
  return exit_of(result.counts).code;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "run", "Judge one case: by default on every built backend but the reference");
  const auto options = std::make_shared<Options>();
  command
      ->add_option(
          "case", options->line,
          "The case line, e.g. 'conv2d.forward f32 x=2x3x8x9 w=4x3x3x3 border=half', or one of "
          "benchdnn, with a blank before its dashes: ' --conv --dir=BWD_D ic3ih8oc4kh3'")
      ->required();
  add_backend_options(*command, options->backends);
  command->add_option("--rule", options->rules,
                      "Only this rule; may be repeated; default: every rule that applies");
  command->add_option("--threads", options->threads, "Threads of each call; default: one")
      ->check(whole_number(1, 4096));
  add_isolation_options(*command, options->isolation);
  command->callback([options, &exit_code] { exit_code = run_line(*options); });
}

}  // namespace convcheck
