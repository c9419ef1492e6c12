// What each level of DebugMode catches; some of the table, all of which `convcheck mutants
// --levels` makes in minutes.
#include "tests/mutants/level_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace convcheck {
namespace {

TEST(LevelTable, FullCatchesWhatChangesAResultParanoidEverythingAndNoneAnHonestKernel) {
  const LevelTable table = level_table({}, 12);
  EXPECT_GE(table.mutants.size(), all_mutants().size() / 12);
  EXPECT_FALSE(table.honest.empty());
  for (const LevelRow& row : table.mutants) {
    EXPECT_TRUE(row.caught[3]) << row.name << " is not caught by paranoid";
    EXPECT_TRUE(row.caught[2] || row.rule != "value") << row.name << " is not caught by full";
    EXPECT_THAT(row.missed, testing::IsEmpty())
        << row.name << " has an rms error of " << row.over_limit << " printed limits";
  }
  for (const LevelRow& row : table.honest) {
    for (std::size_t level = 0; level < 4; ++level) {
      EXPECT_FALSE(row.caught[level]) << row.name << " is flagged: " << row.by[level];
    }
    EXPECT_LE(row.over_limit, 1) << row.name;
  }
}

}  // namespace
}  // namespace convcheck
