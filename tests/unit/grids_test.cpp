#include "checker/grids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace convcheck {
namespace {

TEST(OneAxisGrid, HoldsEveryLegalCombinationOnceInThreeDirections) {
  const Grid grid = one_axis_grid();
  EXPECT_EQ(static_cast<std::int64_t>(grid.cases.size()) + grid.illegal,
            9 * 5 * 3 * 3 * 16 * 2 * 3);
  std::int64_t legal = 0;
  for (std::int64_t input = 1; input <= 9; ++input) {
    for (std::int64_t filter = 1; filter <= 5; ++filter) {
      for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
        for (std::int64_t pads = 0; pads < 16; ++pads) {
          legal += input + pads / 4 + pads % 4 >= (filter - 1) * dilation + 1;
        }
      }
    }
  }
  EXPECT_EQ(static_cast<std::int64_t>(grid.cases.size()), legal * 3 * 2 * 3);
  std::set<std::string> lines;
  for (const Case& c : grid.cases) lines.insert(to_string(c));
  EXPECT_EQ(lines.size(), grid.cases.size());
}

TEST(ValueGrids, HaveEveryDirectionAndBothTypesEquallyOften) {
  for (const Grid& grid : value_grids()) {
    std::map<std::pair<Part, DataType>, int> counts;
    for (const Case& c : grid.cases) ++counts[{c.part, c.x_type}];
    ASSERT_EQ(counts.size(), 6u) << grid.name;
    for (const auto& [key, count] : counts) EXPECT_EQ(count, counts.begin()->second) << grid.name;
    EXPECT_EQ(grid.illegal % 6, 0) << grid.name;
  }
}

TEST(ValueGrids, HoldAtLeastTheProblemsOfTheTestsTheyAreTakenFrom) {
  std::map<std::string, std::size_t> problems;
  for (const Grid& grid : value_grids()) problems[grid.name] = grid.cases.size() / 6;
  EXPECT_GE(problems.at("main-2d"), 408u);
  EXPECT_GE(problems.at("main-3d"), 104u);
  EXPECT_GE(problems.at("corr-2d"), 49u + 5 + 13 + 13);
  EXPECT_GE(problems.at("corr-3d"), 55u + 5 + 13 + 14);
  EXPECT_GE(problems.at("grouped"), 8u);
  EXPECT_GE(problems.at("unshared"), 4u);
  EXPECT_GE(problems.at("asymmetric"), 3u);
}

TEST(ValueGrids, CoverRanksGroupsUnsharedAndEmptyOperands) {
  std::set<std::size_t> ranks, unshared_ranks;
  std::set<std::string> empty;
  std::int64_t most_groups = 0, depthwise_with_multiplier = 0;
  for (const Grid& grid : value_grids()) {
    for (const Case& c : grid.cases) {
      ranks.insert(c.rank);
      if (c.unshared) unshared_ranks.insert(c.rank);
      if (c.x[0] == 0) empty.insert("batch");
      if (c.x[1] == 0) empty.insert("channels");
      if (c.w[0] == 0) empty.insert("filters");
      most_groups = std::max(most_groups, c.groups);
      depthwise_with_multiplier += c.groups > 1 && c.groups == c.x[1] && c.w[0] > c.x[1];
    }
  }
  EXPECT_THAT(ranks, testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(unshared_ranks, testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(empty, testing::ElementsAre("batch", "channels", "filters"));
  EXPECT_GE(most_groups, 32);
  EXPECT_GT(depthwise_with_multiplier, 0);
}

TEST(AllGrids, HaveDifferentNamesAndNoEmptyOne) {
  std::set<std::string> names;
  for (const Grid& grid : all_grids()) {
    EXPECT_TRUE(names.insert(grid.name).second);
    EXPECT_FALSE(grid.cases.empty());
    EXPECT_FALSE(grid.what.empty());
  }
}

}  // namespace
}  // namespace convcheck
