#include "tests/mutants/kill_matrix.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "checker/run_case.h"

namespace convcheck {
namespace {

bool is_value(const Rule& rule) { return std::string_view(rule.name) == "value"; }

std::vector<Case> cases_of(const std::vector<std::string>& lines) {
  std::vector<Case> cases;
  cases.reserve(lines.size());
  for (const std::string& line : lines) cases.push_back(parse_case(line));
  return cases;
}

struct Subject {
  std::string name;
  std::function<BackendPtr()> make;  // anew for every cell: kernels may remember
  std::vector<Case> cases;
  std::vector<Case> own;    // more cases
  bool own_for_all = true;  // rules; otherwise for `value` alone
};

Cell judge_cell(const Subject& subject, const Rule& rule, Fill fill,
                std::vector<std::string>& broken) {
  const BackendPtr backend = subject.make();
  std::vector<Case> cases = subject.cases;
  if (subject.own_for_all || is_value(rule)) {
    cases.insert(cases.begin(), subject.own.begin(), subject.own.end());
  }
  for (Case& c : cases) {
    c.fill = fill == Fill::Narrow ? "" : to_string(fill);
    PreparedCase ready(c, call_types(c, *backend), {});
    const Verdict verdict = rule.judge({ready, *backend, {.threads = 1}});
    if (verdict.outcome == Outcome::Failed) {
      return {Cell::State::Killed, to_string(c), verdict.reason};
    }
    if (verdict.outcome == Outcome::Broken) {
      broken.push_back(std::string(rule.name) + ": " + to_string(c) + ": " + verdict.reason);
    }
  }
  return {Cell::State::Spared, {}, {}};
}

void fill_cells(const Subject& subject, const std::vector<Rule>& rules, bool needs_guards,
                Row& row) {
  for (const Rule& rule : rules) {
    std::vector<Cell> cells(std::size(kAllFills));
    for (std::size_t i = 0; i < cells.size() && !(needs_guards && is_value(rule)); ++i) {
      cells[i] = judge_cell(subject, rule, kAllFills[i], row.broken);
    }
    row.cells.push_back(std::move(cells));
  }
}

Row row_of(const Mutant& mutant, const std::vector<Rule>& rules, const std::vector<Case>& cases) {
  Row row{mutant.name, mutant.what, mutant.rule, mutant.fill, {}, {}};
  const Subject subject{mutant.name, [&] { return kernel(mutant.name, mutant.mistakes); }, cases,
                        cases_of(mutant.cases)};
  fill_cells(subject, rules, mutant.needs_guards, row);
  return row;
}

// The mutants' own cases are the honest kernels', too. Some are large: under the other rules they
// run on the plain kernel alone.
Row row_of(const Honest& honest, const std::vector<Rule>& rules, const std::vector<Case>& cases,
           const std::vector<Case>& own) {
  Row row{honest.name, honest.what, {}, {}, {}, {}};
  const bool plain = honest.name == "DoubleThenRounded";
  fill_cells({honest.name, [&] { return honest.backend; }, cases, own, plain}, rules, false, row);
  return row;
}

std::vector<Case> own_cases(const std::vector<Mutant>& mutants) {
  std::vector<Case> all;
  for (const Mutant& mutant : mutants) {
    const std::vector<Case> more = cases_of(mutant.cases);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace

bool Row::killed_by(std::size_t rule_number) const {
  const std::vector<Cell>& fills = cells[rule_number];
  return std::any_of(fills.begin(), fills.end(), [](const Cell& cell) { return cell.killed(); });
}

bool KillMatrix::is_killed(const Row& mutant) const {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (mutant.rule != rules[i].name) continue;
    return mutant.fill ? mutant.cells[i][static_cast<std::size_t>(*mutant.fill)].killed()
                       : mutant.killed_by(i);
  }
  return false;
}

bool KillMatrix::is_flagged(const Row& row) const {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (row.killed_by(i)) return true;
  }
  return !row.broken.empty();
}

std::vector<std::string> KillMatrix::killed_only_by(const std::string& rule) const {
  std::vector<std::string> names;
  for (const Row& mutant : mutants) {
    bool by_it = false, by_others = false;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const std::string one = rules[i].name;
      if (one == rule) {
        by_it = mutant.killed_by(i);
      } else if (rule != "adjoint" || one != "value") {
        by_others |= mutant.killed_by(i);
      }
    }
    if (by_it && !by_others) names.push_back(mutant.name);
  }
  return names;
}

std::size_t KillMatrix::killed() const {
  return static_cast<std::size_t>(std::count_if(
      mutants.begin(), mutants.end(), [this](const Row& mutant) { return is_killed(mutant); }));
}

std::size_t KillMatrix::flagged() const {
  return static_cast<std::size_t>(std::count_if(
      honest.begin(), honest.end(), [this](const Row& row) { return is_flagged(row); }));
}

KillMatrix kill_matrix(const std::vector<Rule>& rules,
                       const std::function<void(const Row&)>& finished) {
  KillMatrix matrix{rules, {}, {}};
  const std::vector<Mutant> mutants = all_mutants();
  const std::vector<Case> cases = cases_of(kill_cases());
  const auto add = [&](std::vector<Row>& rows, Row row) {
    rows.push_back(std::move(row));
    if (finished) finished(rows.back());
  };
  for (const Mutant& mutant : mutants) add(matrix.mutants, row_of(mutant, rules, cases));
  const std::vector<Case> own = own_cases(mutants);
  for (const Honest& honest : honest_kernels())
    add(matrix.honest, row_of(honest, rules, cases, own));
  return matrix;
}

}  // namespace convcheck
