#include "tools/mutants_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/commands.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kLetters = "nwris";  // of kAllFills

std::string cell_text(const std::vector<Cell>& fills, bool named) {
  std::string letters;
  bool run = false;
  for (std::size_t i = 0; i < fills.size(); ++i) {
    run |= fills[i].state != Cell::State::NotRun;
    if (fills[i].killed()) letters += kLetters[i];
  }
  if (letters.empty()) letters = run ? "." : "-";
  return letters + (named ? "*" : "");
}

std::string kills_text(const KillMatrix& matrix, const Row& row) {
  std::string text;
  for (std::size_t rule = 0; rule < row.cells.size(); ++rule) {
    for (const Cell& cell : row.cells[rule]) {
      if (!cell.killed()) continue;
      text += fmt::format("  {:<13} {}\n  {:<13} {}\n", matrix.rules[rule].name, cell.case_line, "",
                          cell.reason);
      break;  // one fill says enough
    }
  }
  for (const std::string& broken : row.broken) text += "  broken        " + broken + "\n";
  return text;
}

std::string must_text(const Row& mutant) {
  return mutant.rule + (mutant.fill ? std::string(" on ") + to_string(*mutant.fill) : "");
}

std::size_t count_killed(const KillMatrix& matrix, std::size_t rule) {
  return static_cast<std::size_t>(
      std::count_if(matrix.mutants.begin(), matrix.mutants.end(),
                    [rule](const Row& mutant) { return mutant.killed_by(rule); }));
}

Json cells_json(const KillMatrix& matrix, const Row& row) {
  Json json = Json::object();
  for (std::size_t rule = 0; rule < row.cells.size(); ++rule) {
    Json& fills = json[matrix.rules[rule].name] = Json::object();
    for (std::size_t i = 0; i < row.cells[rule].size(); ++i) {
      const Cell& cell = row.cells[rule][i];
      if (!cell.killed()) continue;
      fills[to_string(kAllFills[i])] = {{"case", cell.case_line}, {"reason", cell.reason}};
    }
  }
  return json;
}

}  // namespace

std::string matrix_heading(const KillMatrix& matrix) {
  std::string text =
      "fills: n narrow, w wide, r real, i impulse, s special; * the rule named for "
      "the mutant; - not run\n(without guards around its memory)\n";
  text += fmt::format("{:<28}", "");
  for (const Rule& rule : matrix.rules) text += fmt::format(" {:<7.7}", rule.name);
  return text + "\n";
}

std::string matrix_row(const KillMatrix& matrix, const Row& row) {
  std::string text = fmt::format("{:<28}", row.name);
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    text += fmt::format(" {:<7}", cell_text(row.cells[i], row.rule == matrix.rules[i].name));
  }
  return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
}

std::string matrix_findings(const KillMatrix& matrix) {
  std::string text;
  for (const Row& mutant : matrix.mutants) {
    if (matrix.is_killed(mutant)) continue;
    text += fmt::format("SURVIVES  {}: {}\n  {} must kill it\n{}", mutant.name, mutant.what,
                        must_text(mutant), kills_text(matrix, mutant));
  }
  for (const Row& row : matrix.honest) {
    if (!matrix.is_flagged(row)) continue;
    text += fmt::format("FLAGGED  {}: {}\n{}", row.name, row.what, kills_text(matrix, row));
  }
  for (const Rule& rule : matrix.rules) {
    if (!matrix.killed_only_by(rule.name).empty()) continue;
    text += fmt::format("NEEDLESS  {}: no mutant is killed by this rule alone\n", rule.name);
  }
  return text;
}

std::string matrix_summary(const KillMatrix& matrix) {
  std::string text;
  for (std::size_t i = 0; i < matrix.rules.size(); ++i) {
    const std::vector<std::string> only = matrix.killed_only_by(matrix.rules[i].name);
    text += fmt::format("{:<13} kills {:>3}, {:>2} that no other rule {}{}{}\n",
                        matrix.rules[i].name, count_killed(matrix, i), only.size(),
                        std::string_view(matrix.rules[i].name) == "adjoint" ? "but value " : "",
                        "kills",
                        only.empty() ? "" : ": " + only.front() + (only.size() > 1 ? " ..." : ""));
  }
  return text;
}

std::string matrix_closing_line(const KillMatrix& matrix) {
  return fmt::format("killed {} of {}, honest kernels flagged {} of {}", matrix.killed(),
                     matrix.mutants.size(), matrix.flagged(), matrix.honest.size());
}

std::string matrix_json(const KillMatrix& matrix) {
  Json json{{"program", version_text()},
            {"mutants_in_all", matrix.mutants.size()},
            {"killed", matrix.killed()},
            {"honest_in_all", matrix.honest.size()},
            {"flagged", matrix.flagged()}};
  json["rules"] = Json::array();
  for (std::size_t i = 0; i < matrix.rules.size(); ++i) {
    json["rules"].push_back({{"name", matrix.rules[i].name},
                             {"claim", matrix.rules[i].claim},
                             {"kills", count_killed(matrix, i)},
                             {"only", matrix.killed_only_by(matrix.rules[i].name)}});
  }
  json["mutants"] = Json::array();
  for (const Row& row : matrix.mutants) {
    json["mutants"].push_back({{"name", row.name},
                               {"what", row.what},
                               {"rule", row.rule},
                               {"fill", row.fill ? Json(to_string(*row.fill)) : Json()},
                               {"killed", matrix.is_killed(row)},
                               {"kills", cells_json(matrix, row)},
                               {"broken", row.broken}});
  }
  json["honest"] = Json::array();
  for (const Row& row : matrix.honest) {
    json["honest"].push_back({{"name", row.name},
                              {"what", row.what},
                              {"flagged", matrix.is_flagged(row)},
                              {"flags", cells_json(matrix, row)},
                              {"broken", row.broken}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace convcheck
