#include "checker/random_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "checker/corpus.h"
#include "checker/schedule.h"

namespace convcheck {
namespace {

const std::vector<Case>& cases() {
  static const std::vector<Case> all = random_cases(3000, 7);
  return all;
}

TEST(RandomCases, AreAFunctionOfTheSeedAndLongerListsBeginWithShorterOnes) {
  const std::vector<Case> ten = random_cases(10, 7), other = random_cases(10, 8);
  EXPECT_TRUE(std::equal(ten.begin(), ten.end(), cases().begin()));
  EXPECT_NE(ten, other);
  EXPECT_TRUE(random_cases(0, 7).empty());
}

TEST(RandomCases, AreReadAsTheyAreWrittenAndNoTwoAreTheSame) {
  std::set<std::string> lines;
  for (const Case& c : cases()) {
    EXPECT_EQ(read_case(to_string(c)), c);
    Case unseeded = c;
    unseeded.seed = 1;
    EXPECT_TRUE(lines.insert(to_string(unseeded)).second) << to_string(c);
  }
}

TEST(RandomCases, CostNoMoreThanPromised) {
  for (const Case& c : cases()) {
    const Cost cost = cost_of(c, {});
    EXPECT_LE(cost.loops, kRandomFlops) << to_string(c);
    EXPECT_LE(cost.bytes, kRandomBytes) << to_string(c);
    EXPECT_GT(cost.bytes, 0) << to_string(c);
  }
}

// How many cases have a property.
using Has = std::function<bool(const Case&, const ConvProblem&)>;
std::int64_t number_of(const Has& has) {
  return std::count_if(cases().begin(), cases().end(),
                       [&](const Case& c) { return has(c, conv_problem(c)); });
}

bool on_some_axis(const ConvProblem& problem, const std::function<bool(const Window&)>& holds) {
  return std::any_of(problem.axes().begin(), problem.axes().end(), holds);
}

TEST(RandomCases, HaveWhatTheGridsLack) {
  const std::map<std::string, Has> properties{
      {"stride beyond the filter",
       [](const Case&, const ConvProblem& p) {
         return on_some_axis(p, [](const Window& w) { return w.stride > w.dilated_filter(); });
       }},
      {"pads on one side alone",
       [](const Case&, const ConvProblem& p) {
         return on_some_axis(p, [](const Window& w) {
           return std::min(w.pad_before, w.pad_after) == 0 && w.pad_before + w.pad_after > 0;
         });
       }},
      {"pads beyond the filter",
       [](const Case&, const ConvProblem& p) {
         return on_some_axis(p, [](const Window& w) { return w.pad_before > w.dilated_filter(); });
       }},
      {"batch about 65536", [](const Case&, const ConvProblem& p) { return p.batch > 65534; }},
      {"a huge axis",
       [](const Case&, const ConvProblem& p) {
         return on_some_axis(p, [](const Window& w) { return w.input > 60000; });
       }},
      {"many channels", [](const Case&, const ConvProblem& p) { return p.channels > 60; }},
      {"depthwise with a multiplier",
       [](const Case&, const ConvProblem& p) {
         return p.groups > 1 && p.group_channels() == 1 && p.group_filters() > 1;
       }},
      {"several groups",
       [](const Case&, const ConvProblem& p) { return p.groups > 1 && p.group_channels() > 1; }},
      {"unshared", [](const Case& c, const ConvProblem&) { return c.unshared; }},
      {"three types",
       [](const Case& c, const ConvProblem&) {
         return std::set{c.x_type, c.w_type, c.y_type}.size() == 3;
       }},
      {"a layout for each operand",
       [](const Case& c, const ConvProblem&) { return c.layout.find("x-") != std::string::npos; }},
  };
  for (const auto& [name, has] : properties) EXPECT_GE(number_of(has), 20) << name;
}

TEST(RandomCases, HaveEveryDirectionRankTypeAndFill) {
  std::set<Part> parts;
  std::set<std::size_t> ranks;
  std::set<DataType> types;
  std::set<std::string> fills;
  for (const Case& c : cases()) {
    parts.insert(c.part);
    ranks.insert(c.rank);
    types.insert(c.w_type);
    fills.insert(c.fill);
  }
  EXPECT_EQ(parts.size(), 3u);
  EXPECT_EQ(ranks.size(), 3u);
  EXPECT_EQ(types.size(), 4u);
  EXPECT_EQ(fills.size(), 5u);
}

}  // namespace
}  // namespace convcheck
