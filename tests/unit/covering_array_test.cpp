#include "checker/covering_array.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace convcheck {
namespace {

std::vector<Factor> factors_of(const std::vector<std::size_t>& counts) {
  std::vector<Factor> factors;
  for (const std::size_t count : counts) {
    factors.push_back({"f" + std::to_string(factors.size()), {}});
    for (std::size_t value = 0; value < count; ++value) {
      factors.back().values.push_back(std::to_string(value));
    }
  }
  return factors;
}

using Row = std::vector<std::size_t>;

bool has(const Row& row, const std::vector<Choice>& choices) {
  for (const Choice& one : choices) {
    if (row[one.factor] != one.value) return false;
  }
  return true;
}

bool has_exclusion(const Row& row, const std::vector<Exclusion>& exclusions) {
  for (const Exclusion& one : exclusions) {
    if (has(row, one.choices)) return true;
  }
  return false;
}

// Every row of values there is.
void for_each_row(const std::vector<std::size_t>& counts,
                  const std::function<void(const Row&)>& visit) {
  Row row(counts.size(), 0);
  for (;;) {
    visit(row);
    std::size_t at = 0;
    while (at < row.size() && ++row[at] == counts[at]) row[at++] = 0;
    if (at == row.size()) return;
  }
}

using Triple = std::vector<std::size_t>;  // factor, value, factor, value, factor, value

void add_triples(const Row& row, std::set<Triple>& triples) {
  for (std::size_t a = 0; a < row.size(); ++a) {
    for (std::size_t b = a + 1; b < row.size(); ++b) {
      for (std::size_t c = b + 1; c < row.size(); ++c) {
        triples.insert({a, row[a], b, row[b], c, row[c]});
      }
    }
  }
}

// The triples of all rows without exclusions are those of the array, and no others are called
// impossible.
void expect_covering(const std::vector<std::size_t>& counts,
                     const std::vector<Exclusion>& exclusions) {
  const CoveringArray array = covering_array(factors_of(counts), exclusions, 3, 1);
  std::set<Triple> every, possible, covered, impossible;
  for_each_row(counts, [&](const Row& row) {
    add_triples(row, every);
    if (!has_exclusion(row, exclusions)) add_triples(row, possible);
  });
  for (const Row& row : array.rows) {
    ASSERT_EQ(row.size(), counts.size());
    EXPECT_FALSE(has_exclusion(row, exclusions));
    add_triples(row, covered);
  }
  EXPECT_EQ(covered, possible);
  for (const std::vector<Choice>& one : array.impossible) {
    ASSERT_EQ(one.size(), 3u);
    impossible.insert(
        {one[0].factor, one[0].value, one[1].factor, one[1].value, one[2].factor, one[2].value});
  }
  EXPECT_EQ(impossible.size(), array.impossible.size());
  EXPECT_EQ(every.size(), possible.size() + impossible.size());
  for (const Triple& triple : impossible) EXPECT_EQ(possible.count(triple), 0u);
}

TEST(CoveringArray, HasEveryTripleOfValues) {
  expect_covering({2, 2, 2}, {});
  expect_covering({3, 1, 4, 2}, {});
  expect_covering({2, 3, 4, 2, 3, 5}, {});
}

TEST(CoveringArray, HasEveryTripleThatIsPossibleAndNoExclusion) {
  expect_covering({3, 3, 3, 2}, {{{{0, 1}, {2, 0}}, "pair"}});
  expect_covering({3, 3, 3, 2, 4},
                  {{{{0, 1}, {2, 0}}, "pair"}, {{{1, 1}, {3, 1}, {4, 2}}, "triple"}});
  expect_covering({2, 3, 2, 2}, {{{{1, 2}}, "never at all"}});
}

// a = 0 leaves c nothing: what no single exclusion says.
TEST(CoveringArray, FindsWhatSeveralExclusionsForbidTogether) {
  expect_covering({2, 2, 2, 3},
                  {{{{0, 0}, {1, 0}}, ""}, {{{0, 0}, {2, 0}}, ""}, {{{1, 1}, {2, 1}}, ""}});
}

TEST(CoveringArray, OfContradictionsHasNoRow) {
  const CoveringArray array =
      covering_array(factors_of({2, 2, 2}), {{{{0, 0}}, ""}, {{{0, 1}}, ""}}, 3, 1);
  EXPECT_TRUE(array.rows.empty());
  EXPECT_EQ(array.impossible.size(), 8u);
}

TEST(CoveringArray, NeedsFarFewerRowsThanThereAreCombinations) {
  const std::vector<std::size_t> counts(10, 3);
  const std::size_t rows = covering_array(factors_of(counts), {}, 3, 1).rows.size();
  EXPECT_GE(rows, 27u);
  EXPECT_LE(rows, 27u * 4);  // of 59049
  EXPECT_LT(covering_array(factors_of(counts), {}, 2, 1).rows.size(), rows);
}

TEST(CoveringArray, IsAFunctionOfTheSeed) {
  const auto rows = [](std::uint64_t seed) {
    return covering_array(factors_of({3, 4, 3, 2, 5}), {{{{0, 1}, {2, 0}}, ""}}, 3, seed).rows;
  };
  EXPECT_EQ(rows(7), rows(7));
  EXPECT_NE(rows(7), rows(8));
}

}  // namespace
}  // namespace convcheck
