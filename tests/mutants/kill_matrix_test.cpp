// The checker's own score: what it kills, and what it leaves alone.
#include "tests/mutants/kill_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "checker/rules/all_rules.h"

namespace convcheck {
namespace {

using testing::IsEmpty;
using testing::Not;

const KillMatrix& matrix() {
  static const KillMatrix computed = kill_matrix(all_rules());
  return computed;
}

std::string kills(const Row& row) {
  std::string text;
  for (std::size_t rule = 0; rule < row.cells.size(); ++rule) {
    for (std::size_t fill = 0; fill < row.cells[rule].size(); ++fill) {
      const Cell& cell = row.cells[rule][fill];
      if (!cell.killed()) continue;
      text += std::string("\n  ") + matrix().rules[rule].name + " on " +
              to_string(kAllFills[fill]) + ": " + cell.case_line + ": " + cell.reason;
    }
  }
  return text.empty() ? " by none" : text;
}

TEST(KillMatrix, EveryMutantIsKilledByTheRuleNamedForIt) {
  for (const Row& mutant : matrix().mutants) {
    EXPECT_TRUE(matrix().is_killed(mutant))
        << mutant.name << ", for " << mutant.rule << ", is killed" << kills(mutant);
  }
}

TEST(KillMatrix, NoHonestKernelIsFlagged) {
  for (const Row& honest : matrix().honest) {
    EXPECT_FALSE(matrix().is_flagged(honest)) << honest.name << " is flagged" << kills(honest);
    EXPECT_THAT(honest.broken, IsEmpty()) << honest.name;
  }
}

TEST(KillMatrix, EveryRuleHasAMutantThatOnlyItKills) {
  for (const Rule& rule : matrix().rules) {
    EXPECT_THAT(matrix().killed_only_by(rule.name), Not(IsEmpty())) << rule.name;
  }
}

TEST(KillMatrix, NoMutantBreaksTheChecker) {
  for (const Row& mutant : matrix().mutants) {
    EXPECT_THAT(mutant.broken, IsEmpty()) << mutant.name;
  }
}

TEST(KillMatrix, HasAtLeast60MutantsAnd8HonestKernelsOfDifferentNames) {
  std::set<std::string> mutants, honest;
  for (const Row& row : matrix().mutants) mutants.insert(row.name);
  for (const Row& row : matrix().honest) honest.insert(row.name);
  EXPECT_GE(mutants.size(), 60u);
  EXPECT_GE(honest.size(), 8u);
  EXPECT_EQ(mutants.size(), matrix().mutants.size());
  EXPECT_EQ(honest.size(), matrix().honest.size());
}

}  // namespace
}  // namespace convcheck
