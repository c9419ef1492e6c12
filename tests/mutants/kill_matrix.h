// Which rule kills which mutant on which fill: computed by running every mutant under every rule on
// a fixed list of small cases.
//
// A mutant is killed in a cell when the rule fails on any of the cases; the honest kernels have the
// same cells, and to fail there is to be flagged. The rule `value` calls kernels on ordinary
// memory: mutants that touch memory which is not theirs are not run under it (Cell::NotRun).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checker/judged.h"
#include "tests/mutants/mutants.h"

namespace convcheck {

// The cases, by their lines without a fill: all directions and ranks; odd, even and unequal
// extents; strides, dilations, asymmetric borders and such as exceed the filter, groups, unshared
// filters, 17 channels, channels last, all types. Seeds differ, so that `special` has every kind of
// value in either operand.
std::vector<std::string> kill_cases();

struct Cell {
  enum class State { NotRun, Spared, Killed };
  State state = State::NotRun;
  std::string case_line, reason;  // of the first failure

  bool killed() const { return state == State::Killed; }
};

// One kernel under all rules and fills.
struct Row {
  std::string name, what;
  std::string rule;                      // that must kill it; empty for an honest kernel
  std::optional<Fill> fill;              // on which it must
  std::vector<std::vector<Cell>> cells;  // by rule, by fill
  std::vector<std::string> broken;       // what the checker itself could not do

  bool killed_by(std::size_t rule_number) const;
};

struct KillMatrix {
  std::vector<Rule> rules;
  std::vector<Row> mutants, honest;

  // By the rule, and on the fill, named for it.
  bool is_killed(const Row& mutant) const;
  bool is_flagged(const Row& row) const;
  // The mutants that only this rule kills; of `adjoint`, besides `value`, which sees all that it
  // sees.
  std::vector<std::string> killed_only_by(const std::string& rule) const;
  std::size_t killed() const;   // mutants
  std::size_t flagged() const;  // honest kernels
};

// Calls `finished` after each row.
KillMatrix kill_matrix(const std::vector<Rule>& rules,
                       const std::function<void(const Row&)>& finished = {});

}  // namespace convcheck
