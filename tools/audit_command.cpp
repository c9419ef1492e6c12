#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "checker/accounting.h"
#include "checker/audit.h"
#include "checker/schedule.h"
#include "tools/commands.h"
#include "tools/selection.h"
#include "tools/whole_number.h"

namespace convcheck {
namespace {

constexpr std::size_t kLinesShown = 20;

struct Options {
  Selection selection;
  bool strict = false;
};

// Of one fill in one type.
struct Row {
  std::int64_t cases = 0, empty = 0, vacuous = 0;
  double least_share = 1, shares = 0, least_density = 1;

  void add(const Audit& one) {
    ++cases;
    empty += one.empty;
    vacuous += !one.accepted.empty();
    if (one.empty) return;
    least_share = std::min(least_share, one.visible_share);
    shares += one.visible_share;
    least_density = std::min(least_density, one.density);
  }
};

std::string type_text(const Case& c) {
  return c.x_type == c.w_type && c.x_type == c.y_type ? to_string(c.x_type) : "mixed";
}

std::string accepted_text(const std::vector<Decoy>& accepted) {
  std::string text;
  for (const Decoy decoy : accepted)
    text += (text.empty() ? "" : ", ") + std::string(to_string(decoy));
  return text;
}

void print_table(const std::map<std::pair<std::string, std::string>, Row>& rows) {
  fmt::print("{:<9} {:<6} {:>9} {:>9} {:>9} {:>14} {:>26}\n", "fill", "type", "cases", "empty",
             "vacuous", "least density", "lost taps seen: least, mean");
  for (const auto& [key, row] : rows) {
    const auto judged = static_cast<double>(std::max<std::int64_t>(1, row.cases - row.empty));
    fmt::print("{:<9} {:<6} {:>9} {:>9} {:>9} {:>14.4f} {:>17.1f} % {:>5.1f} %\n", key.first,
               key.second, with_separators(row.cases), with_separators(row.empty),
               with_separators(row.vacuous), row.least_density, 100 * row.least_share,
               100 * row.shares / judged);
  }
}

int audit_cases(const Options& options) {
  const SelectedCases selected = select_cases(options.selection);
  for (const std::string& note : selected.notes) fmt::print("{}\n", note);
  std::map<std::pair<std::string, std::string>, Row> rows;
  std::size_t shown = 0;
  std::int64_t composed = 0, vacuous = 0;
  for (const Case& c : selected.cases) {
    if (!is_one_problem(c)) {
      ++composed;
      continue;
    }
    const Audit one = audit(c);
    rows[{c.fill.empty() ? "narrow" : c.fill, type_text(c)}].add(one);
    if (one.accepted.empty()) continue;
    ++vacuous;
    if (shown++ < kLinesShown) {
      fmt::print("VACUOUS  {}\n  would accept {}\n", to_string(c), accepted_text(one.accepted));
    }
  }
  print_table(rows);
  if (composed > 0) {
    fmt::print("{} cases are more than one convolution and are not audited\n",
               with_separators(composed));
  }
  fmt::print("audited {} cases, {} vacuous\n",
             with_separators(static_cast<std::int64_t>(selected.cases.size()) - composed),
             with_separators(vacuous));
  return options.strict && vacuous > 0 ? 1 : 0;
}

}  // namespace

void add_audit_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "audit",
      "What cases could show, without any backend: claims that no check of theirs could "
      "refute, and the share of lost taps that would be seen");
  const auto options = std::make_shared<Options>();
  command->add_option(
      "corpus", options->selection.case_files,
      "Files of case lines, or of network layers (.csv); default: the grids and the "
      "network layers");
  command->add_option("--match", options->selection.match,
                      "Only cases whose line has a match of this regular expression");
  command
      ->add_option("--batch-cap", options->selection.batch_cap,
                   "Largest batch; 2 for network layers unless given")
      ->check(whole_number(1, INT64_MAX));
  command->add_flag("--strict", options->strict, "Exit 1 if any case is vacuous");
  command->callback([options, &exit_code] { exit_code = audit_cases(*options); });
}

}  // namespace convcheck
