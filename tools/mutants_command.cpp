#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "checker/rules/all_rules.h"
#include "tests/mutants/level_table.h"
#include "tools/commands.h"
#include "tools/mutants_report.h"
#include "tools/report_file.h"

namespace convcheck {
namespace {

struct Options {
  std::string json;
  bool levels = false;
};

int run_levels() {
  fmt::print("{}", level_table_heading());
  const LevelTable table =
      level_table([](const LevelRow& row) { fmt::print("{}", level_table_line(row)); });
  fmt::print("{}", level_table_summary(table));
  bool good = true;
  for (const LevelRow& row : table.mutants) good &= row.caught[3] && row.missed.empty();
  for (const LevelRow& row : table.honest) good &= row.caught == std::array<bool, 4>{};
  return good ? 0 : 1;
}

int run_mutants(const Options& options) {
  std::unique_ptr<ReportFile> json;
  if (!options.json.empty()) json = std::make_unique<ReportFile>("--json", options.json);
  const KillMatrix matrix = kill_matrix(all_rules());
  fmt::print("{}", matrix_heading(matrix));
  for (const Row& row : matrix.mutants) fmt::print("{}", matrix_row(matrix, row));
  fmt::print("honest kernels\n");
  for (const Row& row : matrix.honest) fmt::print("{}", matrix_row(matrix, row));
  fmt::print("{}{}", matrix_findings(matrix), matrix_summary(matrix));
  if (json) json->write(matrix_json(matrix));
  fmt::print("{}\n", matrix_closing_line(matrix));
  return matrix.killed() == matrix.mutants.size() && matrix.flagged() == 0 ? 0 : 1;
}

}  // namespace

void add_mutants_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "mutants",
      "The checker's own score: wrong kernels, one mistake each, and honest ones under "
      "every rule and fill");
  const auto options = std::make_shared<Options>();
  command->add_option("--json", options->json, "Write the result to this file, too");
  command->add_flag("--levels", options->levels,
                    "Which level of DebugMode catches which, instead of rules and fills");
  command->callback([options, &exit_code] {
    exit_code = options->levels ? run_levels() : run_mutants(*options);
  });
}

}  // namespace convcheck
