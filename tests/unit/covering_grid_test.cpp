// The covering grid, with its properties read off the cases anew.
#include "checker/covering_grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "checker/random_problem.h"
#include "checker/schedule.h"
#include "tests/unit/covering_properties.h"

namespace convcheck {
namespace {

using testing::IsEmpty;

// The numbers of three different texts "factor=value", the least first.
using Triple = std::array<std::size_t, 3>;

std::size_t number_of(const std::string& text) {
  static std::map<std::string, std::size_t> numbers;
  return numbers.emplace(text, numbers.size()).first->second;
}

Triple triple_of(Triple numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

const std::string& name_of(const Choice& choice) { return covered_factors()[choice.factor].name; }
const std::string& value_of(const Choice& choice) {
  return covered_factors()[choice.factor].values[choice.value];
}
std::string text(const Choice& choice) { return name_of(choice) + "=" + value_of(choice); }

std::vector<Triple> triples_of(const Properties& all) {
  std::vector<std::size_t> texts;
  for (const auto& [name, values] : all) {
    for (const std::string& value : values) texts.push_back(number_of(name + "=" + value));
  }
  std::vector<Triple> triples;
  for (std::size_t a = 0; a < texts.size(); ++a) {
    for (std::size_t b = a + 1; b < texts.size(); ++b) {
      for (std::size_t c = b + 1; c < texts.size(); ++c) {
        triples.push_back(triple_of({texts[a], texts[b], texts[c]}));
      }
    }
  }
  return triples;
}

// Every three values of different factors.
std::vector<std::vector<Choice>> all_triples() {
  const std::vector<Factor>& factors = covered_factors();
  std::vector<Choice> choices;
  for (std::size_t factor = 0; factor < factors.size(); ++factor) {
    for (std::size_t value = 0; value < factors[factor].values.size(); ++value) {
      choices.push_back({factor, value});
    }
  }
  std::vector<std::vector<Choice>> triples;
  for (const Choice& a : choices) {
    for (const Choice& b : choices) {
      for (const Choice& c : choices) {
        if (a.factor < b.factor && b.factor < c.factor) triples.push_back({a, b, c});
      }
    }
  }
  return triples;
}

bool contains_exclusion(const std::vector<Choice>& triple) {
  for (const Exclusion& one : covered_exclusions()) {
    if (std::all_of(one.choices.begin(), one.choices.end(), [&](const Choice& choice) {
          return std::count(triple.begin(), triple.end(), choice) > 0;
        }))
      return true;
  }
  return false;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = covering_grid().cases;
  return all;
}

TEST(CoveringGrid, HasEveryThreePropertiesThatNoExclusionNames) {
  std::set<Triple> covered;
  for (const Case& c : cases()) {
    for (const Triple& triple : triples_of(properties(c))) covered.insert(triple);
  }
  std::vector<std::string> missing;
  for (const std::vector<Choice>& triple : all_triples()) {
    if (contains_exclusion(triple)) continue;
    const Triple numbers{number_of(text(triple[0])), number_of(text(triple[1])),
                         number_of(text(triple[2]))};
    if (covered.count(triple_of(numbers)) > 0) continue;
    missing.push_back(text(triple[0]) + " " + text(triple[1]) + " " + text(triple[2]));
  }
  EXPECT_THAT(missing, IsEmpty());
}

// The exclusions are true of all problems, not only of those that the grid happens to have: tried
// on every problem with few choices an axis, and on random ones.
bool has(const Properties& all, const Exclusion& exclusion) {
  return std::all_of(exclusion.choices.begin(), exclusion.choices.end(), [&](const Choice& one) {
    return all.at(name_of(one)).count(value_of(one)) > 0;
  });
}

std::vector<std::string> broken_exclusions(const ConvProblem& problem) {
  try {
    validate(problem);
  } catch (const ConvError&) {
    return {};
  }
  const Properties all = properties(problem, 0);
  std::vector<std::string> broken;
  for (const Exclusion& one : covered_exclusions()) {
    if (has(all, one)) broken.push_back(one.reason + ": " + to_string(problem));
  }
  return broken;
}

TEST(CoveringGrid, NoProblemOfOneOrTwoAxesHasAnExclusion) {
  ConvProblem problem;
  const std::vector<std::int64_t> extents{1, 2, 3, 4}, steps{1, 2}, pads{0, 1};
  for (problem.rank = 1; problem.rank <= 2; ++problem.rank) {
    std::vector<std::size_t> digits(problem.rank * 6, 0);
    const std::vector<std::int64_t>* choices[] = {&extents, &extents, &steps, &steps, &pads, &pads};
    for (bool more = true; more;) {
      std::int64_t* fields[12];
      for (std::size_t axis = 0; axis < problem.rank; ++axis) {
        Window& one = problem.windows[axis];
        std::int64_t* own[] = {&one.input,    &one.filter,     &one.stride,
                               &one.dilation, &one.pad_before, &one.pad_after};
        std::copy(std::begin(own), std::end(own), fields + axis * 6);
      }
      for (std::size_t i = 0; i < digits.size(); ++i) *fields[i] = (*choices[i % 6])[digits[i]];
      ASSERT_THAT(broken_exclusions(problem), IsEmpty());
      std::size_t at = 0;
      while (at < digits.size() && ++digits[at] == choices[at % 6]->size()) digits[at++] = 0;
      more = at < digits.size();
    }
  }
}

TEST(CoveringGrid, NoNumbersOfChannelsFiltersAndGroupsHaveAnExclusion) {
  ConvProblem problem;
  problem.rank = 1;
  for (problem.groups = 1; problem.groups <= 18; ++problem.groups) {
    for (problem.channels = problem.groups; problem.channels <= 40; ++problem.channels) {
      for (problem.filters = problem.groups; problem.filters <= 40; ++problem.filters) {
        ASSERT_THAT(broken_exclusions(problem), IsEmpty());
      }
    }
  }
}

TEST(CoveringGrid, NoRandomProblemHasAnExclusion) {
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    const ConvProblem problem = random_problem(seed);
    if (!all(problem, [](const Window& one) { return one.input > 0; })) continue;
    ASSERT_THAT(broken_exclusions(problem), IsEmpty());
  }
}

TEST(CoveringGrid, EveryExclusionHasAReasonAndNamesValuesThatThereAre) {
  for (const Exclusion& one : covered_exclusions()) {
    EXPECT_FALSE(one.reason.empty());
    for (const Choice& choice : one.choices) {
      ASSERT_LT(choice.factor, covered_factors().size());
      ASSERT_LT(choice.value, covered_factors()[choice.factor].values.size());
    }
  }
}

TEST(CoveringGrid, HasNoCaseTwiceAndNoEmptyOne) {
  std::set<std::string> lines;
  for (const Case& c : cases()) {
    EXPECT_TRUE(lines.insert(to_string(c)).second) << to_string(c);
    EXPECT_GT(element_count(conv_problem(c).x_shape()), 0) << to_string(c);
  }
}

TEST(CoveringGrid, CostsLittle) {
  double dearest = 0, together = 0;
  for (const Case& c : cases()) {
    const Cost cost = cost_of(c, {});
    dearest = std::max(dearest, cost.loops);
    together += cost.loops;
    EXPECT_LT(cost.bytes, std::int64_t{64} << 20) << to_string(c);
  }
  EXPECT_LT(dearest, 2e8);
  EXPECT_LT(together / static_cast<double>(cases().size()), 1e6);
}

}  // namespace
}  // namespace convcheck
