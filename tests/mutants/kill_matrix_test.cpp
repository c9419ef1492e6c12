// The checker's own score: what it kills, and what it leaves alone. The matrix takes seconds, and
// every test may run in a process of its own, so one test looks at all of it.
#include "tests/mutants/kill_matrix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "checker/rules/all_rules.h"

namespace convcheck {
namespace {

using testing::IsEmpty;
using testing::Not;

std::string kills(const KillMatrix& matrix, const Row& row) {
  std::string text;
  for (std::size_t rule = 0; rule < row.cells.size(); ++rule) {
    for (std::size_t fill = 0; fill < row.cells[rule].size(); ++fill) {
      const Cell& cell = row.cells[rule][fill];
      if (!cell.killed()) continue;
      text += std::string("\n  ") + matrix.rules[rule].name + " on " + to_string(kAllFills[fill]) +
              ": " + cell.case_line + ": " + cell.reason;
    }
  }
  return text.empty() ? " by none" : text;
}

TEST(KillMatrix, EveryMutantIsKilledByItsRuleEveryRuleIsNeededAndNoHonestKernelIsFlagged) {
  const KillMatrix matrix = kill_matrix(all_rules());
  for (const Row& mutant : matrix.mutants) {
    EXPECT_TRUE(matrix.is_killed(mutant))
        << mutant.name << ", for " << mutant.rule << ", is killed" << kills(matrix, mutant);
    EXPECT_THAT(mutant.broken, IsEmpty()) << mutant.name;
  }
  for (const Row& honest : matrix.honest) {
    EXPECT_FALSE(matrix.is_flagged(honest))
        << honest.name << " is flagged" << kills(matrix, honest);
    EXPECT_THAT(honest.broken, IsEmpty()) << honest.name;
  }
  for (const Rule& rule : matrix.rules) {
    EXPECT_THAT(matrix.killed_only_by(rule.name), Not(IsEmpty()))
        << rule.name << ": no mutant is killed by this rule alone";
  }
  EXPECT_EQ(matrix.mutants.size(), all_mutants().size());
  EXPECT_EQ(matrix.honest.size(), honest_kernels().size());
}

TEST(Mutants, AreAtLeast60OfDifferentNamesForRulesThatThereAre) {
  std::set<std::string> names;
  for (const Mutant& mutant : all_mutants()) {
    names.insert(mutant.name);
    EXPECT_NO_THROW(rule_named(mutant.rule)) << mutant.name;
    EXPECT_THAT(mutant.what, Not(IsEmpty())) << mutant.name;
  }
  EXPECT_GE(names.size(), 60u);
  EXPECT_EQ(names.size(), all_mutants().size());
}

TEST(HonestKernels, AreAtLeast8OfDifferentNames) {
  std::set<std::string> names;
  for (const Honest& honest : honest_kernels()) names.insert(honest.name);
  EXPECT_GE(names.size(), 8u);
  EXPECT_EQ(names.size(), honest_kernels().size());
}

}  // namespace
}  // namespace convcheck
