// What became of the cases and rows of a file of fixtures.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "fixtures/known_deviations.h"

namespace convcheck {

enum class Fate { Passed, Failed, Deviating, NotExpressible };

struct RowOutcome {
  Fate fate = Fate::Passed;
  std::string text = {};  // how it failed, or why it cannot be expressed
  std::vector<const KnownDeviation*> rules = {};
};

// How ours agrees with the file's answer.
RowOutcome judge(const TheanoRow& call, const Answer& ours);

class Tally {
 public:
  // Counts one case or row of `table`.
  void add(const std::string& table, const std::string& where, const RowOutcome& outcome);

  std::int64_t count(Fate fate) const;
  std::int64_t total() const;
  // The number of rows that a rule helps to explain.
  std::int64_t explained_by(std::string_view rule) const;

  // A table of counts, the failures, the rules with their counts and reasons, and what cannot be
  // expressed.
  void print(std::ostream& out) const;

 private:
  void print_tables(std::ostream& out) const;
  void print_failures(std::ostream& out) const;
  void print_rules(std::ostream& out) const;
  void print_not_expressible(std::ostream& out) const;

  std::vector<std::string> order_;
  std::map<std::string, std::map<Fate, std::int64_t>> tables_;
  std::map<std::string, std::int64_t, std::less<>> rules_, not_expressible_;
  std::vector<std::string> failures_;
  std::int64_t by_several_rules_ = 0;
};

}  // namespace convcheck
