#include <fmt/format.h>

#include <memory>

#include "checker/corpus.h"
#include "checker/rules/value.h"
#include "tools/commands.h"
#include "tools/composed.h"
#include "tools/report.h"
#include "tools/selection.h"

namespace convcheck {
namespace {

struct Options {
  std::string line;
  std::vector<std::string> backends;
};

int run_line(const Options& options) {
  const std::vector<BackendPtr> backends = select_backends(options.backends);
  SuiteOptions suite;
  suite.jobs = 1;
  suite.composed = judge_composed;
  suite.on_unit = [](const Finding& finding) {
    fmt::print("{}", explain(finding, value_rule().claim));
  };
  const SuiteResult result = run_suite({read_case(options.line)}, backends, suite);
  fmt::print("{}", closing_line(result.counts));
  return exit_of(result.counts).code;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("run", "Judge one case");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("case", options->line,
                   "The case line, e.g. 'conv2d.forward f32 x=2x3x8x9 w=4x3x3x3 border=half'")
      ->required();
  command->add_option(
      "--backend", options->backends,
      "Only this backend; may be repeated; default: every built one but the reference");
  command->callback([options, &exit_code] { exit_code = run_line(*options); });
}

}  // namespace convcheck
