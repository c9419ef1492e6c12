#include "checker/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

#include "checker/grids.h"
#include "checker/rules/all_rules.h"
#include "checker/schedule.h"
#include "reference/flops.h"
#include "tests/unit/planted_backend.h"
#include "tests/unit/suite_cases.h"

namespace convcheck {
namespace {

// Every 20th cheap case of the grids.
std::vector<Case> some_cases() {
  std::vector<Case> some;
  std::size_t number = 0;
  for (const Grid& grid : value_grids()) {
    for (const Case& c : grid.cases) {
      if (number++ % 20 == 0 && flops(conv_problem(c)) < 100000) some.push_back(c);
    }
  }
  return some;
}

// Right where `applies`, elsewhere it computes another problem into the same shapes.
BackendPtr mistaken(const std::function<void(ConvProblem&)>& mistake) {
  return planted([=](const ConvProblem& problem, const Operands& operands) {
    ConvProblem other = problem;
    mistake(other);
    compute_right(other, operands);
  });
}

TEST(Suite, PassesTheDefinitionOnTheGrids) {
  const std::vector<Case> cases = some_cases();
  const SuiteResult result = run_suite(cases, {right_backend()}, value_only());
  const Counts all = total(result.counts);
  EXPECT_EQ(all.planned, static_cast<std::int64_t>(cases.size()));
  EXPECT_EQ(all.failed + all.broken + all.skipped_in_all(), 0);
  EXPECT_GT(all.passed, all.planned * 9 / 10);
  EXPECT_TRUE(all.balanced());
  EXPECT_EQ(exit_of(result.counts).code, 0);
}

TEST(Suite, FailsABackendThatForgetsTheFlip) {
  const SuiteResult result = run_suite(
      kSmall, {mistaken([](ConvProblem& problem) { problem.flip = !problem.flip; })}, value_only());
  EXPECT_EQ(total(result.counts).failed, 3);
  EXPECT_EQ(result.findings.size(), 3u);
  EXPECT_EQ(exit_of(result.counts).code, 1);
}

TEST(Suite, FailsABackendThatSwapsThePads) {
  const auto swapped = mistaken([](ConvProblem& problem) {
    for (Window& window : problem.axes()) std::swap(window.pad_before, window.pad_after);
  });
  EXPECT_EQ(total(run_suite(kSmall, {swapped}, value_only()).counts).failed, 0)
      << "the pads of this case are equal";
  const auto asymmetric = three_directions(conv_case({2, 3, 6}, {4, 3, 3}, BorderMode{{0, 2}}));
  EXPECT_EQ(total(run_suite(asymmetric, {swapped}, value_only()).counts).failed, 3);
}

TEST(Suite, CountsEveryBackendAndDirectionByItself) {
  const SuiteResult result =
      run_suite(kSmall, {right_backend(), planted([](const auto&, const auto&) {})}, value_only());
  EXPECT_EQ(result.counts.size(), 6u);
  EXPECT_EQ(result.counts.at({"right", "grad_inputs"}).passed, 1);
  EXPECT_EQ(result.counts.at({"planted", "grad_inputs"}).failed, 1);
}

TEST(Suite, GivesTheSameResultForAnyNumberOfJobs) {
  const std::vector<Case> cases = some_cases();
  const auto wrong = mistaken([](ConvProblem& problem) { problem.flip = !problem.flip; });
  SuiteOptions one = value_only(), four = value_only();
  one.jobs = 1;
  four.jobs = 4;
  const SuiteResult a = run_suite(cases, {wrong}, one), b = run_suite(cases, {wrong}, four);
  ASSERT_EQ(a.findings.size(), b.findings.size());
  ASSERT_GT(a.findings.size(), 10u);
  for (std::size_t i = 0; i < a.findings.size(); ++i) {
    EXPECT_EQ(to_string(a.findings[i].subject), to_string(b.findings[i].subject));
    EXPECT_EQ(a.findings[i].verdict.worst->at, b.findings[i].verdict.worst->at);
  }
}

TEST(Suite, CallsBackOncePerUnitAndNeverTwiceAtOnce) {
  SuiteOptions options = value_only();
  options.jobs = 4;
  std::atomic<int> inside{0}, together{0};
  int units = 0;
  options.on_unit = [&](const Finding&) {
    if (++inside > 1) ++together;
    ++units;
    --inside;
  };
  run_suite(some_cases(), {right_backend()}, options);
  EXPECT_EQ(units, static_cast<int>(some_cases().size()));
  EXPECT_EQ(together, 0);
}

TEST(Suite, AnExceptionOfTheCallbackComesOut) {
  SuiteOptions options = value_only();
  options.on_unit = [](const Finding&) { throw std::runtime_error("disk full"); };
  EXPECT_THROW(run_suite(kSmall, {right_backend()}, options), std::runtime_error);
}

TEST(Suite, AnImpossibleCaseAndAnUnknownFillAreBroken) {
  std::vector<Case> cases{conv_case({1, 1, 3}, {1, 1, 9}), conv_case({1, 1, 3}, {1, 1, 2})};
  cases[1].fill = "broad";
  const Counts all = total(run_suite(cases, {right_backend()}, value_only()).counts);
  EXPECT_EQ(all.broken, 2);
}

TEST(Suite, AsksTheComposedJudgeForComposedFunctions) {
  Case c = conv_case({1, 2, 5, 5}, {});
  c.function = Function::BilinearUpsampling;
  SuiteOptions options = value_only();
  EXPECT_EQ(run_one(c, right_backend(), options).outcome, Outcome::Skipped);
  options.composed = [](const Case&, const BackendPtr&) { return Verdict::failed("composed"); };
  EXPECT_EQ(run_one(c, right_backend(), options).reason, "composed");
}

TEST(Suite, HoldsATransposedConvolutionToItsClosedFormBesideTheDefinition) {
  const Case c = parse_case("conv2d_transpose.forward f32 x=1x1x2x2 w=1x1x2x2 y=1x1x3x3");
  SuiteOptions options = value_only();
  EXPECT_EQ(run_one(c, right_backend(), options).outcome, Outcome::Passed);
  options.composed = [](const Case&, const BackendPtr&) { return Verdict::failed("composed"); };
  EXPECT_EQ(run_one(c, right_backend(), options).reason, "composed");
  options.composed = [](const Case&, const BackendPtr&) { return Verdict::skipped("too long"); };
  EXPECT_EQ(run_one(c, right_backend(), options).outcome, Outcome::Passed);
}

TEST(Suite, AppliesEveryRuleToSmallNarrowCasesAndValueAloneToOthers) {
  std::vector<Case> cases{kSmall[0], kSmall[0], kSmall[0]};
  cases[1].fill = "real";
  cases[2].x[2] = 4000000;
  std::int64_t planned = 0;
  SuiteOptions options;
  options.on_planned = [&](const Plan& plan) { planned = plan.units; };
  const SuiteResult result = run_suite(cases, {right_backend()}, options);
  EXPECT_EQ(planned, static_cast<std::int64_t>(all_rules().size()) + 2);
  EXPECT_EQ(total(result.counts).planned, planned);
  EXPECT_EQ(result.by_rule.at({"right", "value"}).passed, 3);
  EXPECT_EQ(result.by_rule.at({"right", "bounds"}).passed, 1);
}

TEST(Suite, ABackendThatScribblesOverItsInputsDoesNotSpoilTheNextOne) {
  const auto scribbles = planted([](const ConvProblem& problem, const Operands& operands) {
    compute_right(problem, operands);
    operands.x.set({0, 0, 0}, 55);
  });
  const SuiteResult result = run_suite({kSmall[0]}, {scribbles, right_backend()});
  EXPECT_EQ(result.by_rule.at({"right", "value"}).passed, 1);
  EXPECT_EQ(result.by_rule.at({"planted", "inputs_kept"}).failed, 1);
}

TEST(Suite, AFailureThatDependsOnTheThreadsIsShrunkAndRepeatedWithThem) {
  class OnThreads final : public Backend {
   public:
    std::string name() const override { return "threads"; }
    DataType accumulator(DataType type) const override { return type; }
    Claims claims() const override { return {}; }
    Support supports(const ConvProblem&, const Operands&) const override { return {}; }
    std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                                const RunContext&) const override {
      return 0;
    }
    void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte>,
             const RunContext& context) const override {
      compute_right(problem, operands);
      if (context.threads == 3) operands.y.set({0, 0, 0}, 0.5);
    }
  };
  SuiteOptions options = value_only();
  options.threads = 3;
  options.findings_shrunk = 1;
  const SuiteResult result = run_suite({kSmall[0]}, {std::make_shared<OnThreads>()}, options);
  ASSERT_EQ(result.findings.size(), 1u);
  EXPECT_NE(result.findings[0].shrunk_from, "");
  EXPECT_THAT(reproducer(result.findings[0]), testing::EndsWith(" --threads 3"));
}

TEST(Suite, ADirectionUnderWhichNoUnitFallsIsNotGreen) {
  std::vector<Case> cases{kSmall[0], conv_case({2, 16, 20000}, {16, 16, 3})};
  cases[1].part = Part::GradWeights;
  SuiteOptions options = value_only();
  options.rules = {rule_named("repeat")};
  const SuiteResult result = run_suite(cases, {right_backend()}, options);
  EXPECT_EQ(total(result.counts).passed, 1);
  EXPECT_EQ(exit_of(result.counts).code, 3);
}

TEST(Suite, ShrinksWhatFailsAndSaysFromWhat) {
  const auto wrong = mistaken([](ConvProblem& problem) { problem.flip = !problem.flip; });
  Case c = conv_case({4, 6, 9, 8}, {6, 3, 3, 2}, BorderMode{1, {0, 1}});
  c.groups = 2;
  c.name = "net:layer";
  SuiteOptions options = value_only();
  options.findings_shrunk = 1;
  const SuiteResult result = run_suite({c}, {wrong}, options);
  ASSERT_EQ(result.findings.size(), 1u);
  const Finding& finding = result.findings[0];
  EXPECT_EQ(finding.shrunk_from, "net:layer");
  EXPECT_EQ(finding.verdict.outcome, Outcome::Failed);
  EXPECT_EQ(finding.subject.rank, 1u);
  EXPECT_LE(flops(conv_problem(finding.subject)) / 2, 4);
}

TEST(Suite, KeepsNoMoreFindingsThanAskedForButCountsAll) {
  SuiteOptions options = value_only();
  options.findings_kept = 1;
  const SuiteResult result = run_suite(kSmall, {planted([](const auto&, const auto&) {})}, options);
  EXPECT_EQ(result.findings.size(), 1u);
  EXPECT_EQ(result.findings_in_all, 3);
}

TEST(Suite, RunsCasesLargerThanTheMemoryBudgetOneAtATime) {
  SuiteOptions options = value_only();
  options.jobs = 4;
  options.operand_bytes = 1;
  std::atomic<int> inside{0}, together{0};
  const auto watched = planted([&](const ConvProblem& problem, const Operands& operands) {
    if (++inside > 1) ++together;
    compute_right(problem, operands);
    --inside;
  });
  EXPECT_EQ(exit_of(run_suite(some_cases(), {watched}, options).counts).code, 0);
  EXPECT_EQ(together, 0);
}

}  // namespace
}  // namespace convcheck
