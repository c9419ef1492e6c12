#include "checker/shards.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace convcheck {
namespace {

std::vector<double> loads(const std::vector<double>& costs, std::size_t parts) {
  std::vector<double> sums(parts, 0);
  const std::vector<std::size_t> part_of = divided(costs, parts);
  for (std::size_t i = 0; i < costs.size(); ++i) sums.at(part_of[i]) += costs[i];
  return sums;
}

TEST(Shards, EveryCostIsInOnePartAndNoneIsFarFromTheMean) {
  std::vector<double> costs;
  for (int i = 0; i < 1000; ++i) costs.push_back(1 + (i * 7919 % 1000) / 10.0);
  for (const std::size_t parts : {1u, 2u, 3u, 7u, 64u}) {
    const std::vector<double> sums = loads(costs, parts);
    const double mean = std::accumulate(costs.begin(), costs.end(), 0.0) / parts;
    for (const double sum : sums)
      EXPECT_NEAR(sum, mean, *std::max_element(costs.begin(), costs.end()));
  }
}

TEST(Shards, MorePartsThanCostsLeavesSomeEmpty) {
  const std::vector<double> sums = loads({3, 2}, 4);
  EXPECT_EQ(std::count(sums.begin(), sums.end(), 0.0), 2);
}

TEST(Shards, NoCostsAreNoTrouble) { EXPECT_TRUE(divided({}, 3).empty()); }

TEST(Shards, EqualCostsTakeTurns) {
  EXPECT_EQ(divided({1, 1, 1, 1}, 2), (std::vector<std::size_t>{0, 1, 0, 1}));
}

}  // namespace
}  // namespace convcheck
