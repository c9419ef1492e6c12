// In which order the suite runs its cases, and what a deadline leaves of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/suite_cases.h"

namespace convcheck {
namespace {

TEST(SuiteOrder, SkipsWhatTheDeadlineLeavesAndSaysSo) {
  SuiteOptions options = value_only();
  options.deadline = std::chrono::steady_clock::now();
  options.deadline_reason = "no time";
  const SuiteResult result = run_suite(kSmall, {right_backend()}, options);
  EXPECT_EQ(total(result.counts).skipped.at("no time"), 3);
  EXPECT_EQ(exit_of(result.counts).code, 3);
}

TEST(SuiteOrder, DoesNotStartWhatWouldNotEndInTime) {
  SuiteOptions options = value_only();
  options.deadline = std::chrono::steady_clock::now() + std::chrono::hours(1);
  options.deadline_reason = "no time";
  const Case long_filling = conv_case({1, 1, std::int64_t{1} << 45}, {1, 1, 1});
  EXPECT_EQ(run_one(long_filling, right_backend(), options).reason, "no time");
  EXPECT_EQ(run_one(kSmall[0], right_backend(), options).outcome, Outcome::Passed);
}

TEST(SuiteOrder, ACaseLargerThanTheMachineIsBroken) {
  const Case huge = conv_case({1, 1, std::int64_t{1} << 45}, {1, 1, 1});
  EXPECT_EQ(run_one(huge, right_backend()).outcome, Outcome::Broken);
}

TEST(SuiteOrder, RunsTheCheapestCaseFirst) {
  std::vector<Case> cases{conv_case({2, 8, 20}, {8, 8, 3}), conv_case({1, 1, 3}, {1, 1, 2}),
                          conv_case({2, 4, 9}, {2, 4, 3})};
  std::vector<std::int64_t> channels;
  SuiteOptions options = value_only();
  options.jobs = 1;
  options.on_unit = [&](const Finding& finding) { channels.push_back(finding.subject.x[1]); };
  run_suite(cases, {right_backend()}, options);
  EXPECT_THAT(channels, testing::ElementsAre(1, 4, 8));
}

TEST(SuiteOrder, BeginsWithSomeOfEachFunctionAndDirection) {
  std::vector<Case> cases;
  for (std::int64_t i = 1; i <= 20; ++i) cases.push_back(conv_case({1, 1, 2 + i}, {1, 1, 2}));
  cases.push_back(conv_case({0, 1, 9}, {1, 1, 2}));  // nothing to compute
  for (const Part part : {Part::GradInputs, Part::GradWeights}) {
    cases.push_back(conv_case({8, 8, 90}, {8, 8, 3}));
    cases.back().part = part;
  }
  std::vector<Part> parts;
  std::vector<std::int64_t> lengths;
  SuiteOptions options = value_only();
  options.jobs = 1;
  options.on_unit = [&](const Finding& finding) {
    parts.push_back(finding.subject.part);
    lengths.push_back(finding.subject.x[2]);
  };
  run_suite(cases, {right_backend()}, options);
  ASSERT_EQ(parts.size(), cases.size());
  EXPECT_THAT(std::vector<Part>(parts.begin(), parts.begin() + 10),
              testing::IsSupersetOf({Part::Forward, Part::GradInputs, Part::GradWeights}));
  EXPECT_EQ(lengths[0], 3);
  EXPECT_EQ(lengths[10], 9) << "the cheapest of the others";
}

TEST(SuiteOrder, ReportsFindingsInTheOrderOfTheCases) {
  const std::vector<Case> cases{conv_case({2, 8, 20}, {8, 8, 3}), conv_case({1, 1, 3}, {1, 1, 2})};
  const SuiteOptions options = value_only();
  const SuiteResult result = run_suite(cases, {planted([](const auto&, const auto&) {})}, options);
  ASSERT_EQ(result.findings.size(), 2u);
  EXPECT_EQ(result.findings[0].subject.x[1], 8);
}

}  // namespace
}  // namespace convcheck
