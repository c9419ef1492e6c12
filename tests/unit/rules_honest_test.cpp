// No rule flags an honest backend.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "checker/rules/all_rules.h"
#include "checker/run_case.h"
#include "reference/reference_backend.h"
#include "tests/mutants/kernel.h"
#include "tests/unit/planted_backend.h"

#ifdef CONVCHECK_HAVE_OPENBLAS
#include "fast/cpu/corrmm.h"
#endif

namespace convcheck {
namespace {

const std::vector<const char*>& lines() {
  static const std::vector<const char*> all{
      "conv2d.forward f32 x=2x3x5x4 w=4x3x3x2 border=1,0",
      "conv2d.forward f64 x=1x4x6x5 w=6x2x3x3 border=(1,2),1 subsample=2x1 groups=2 noflip",
      "conv1d.forward f16 x=2x2x9 w=3x2x3 border=2 dilation=2",
      "conv1d.forward bf16 x=2x2x9 w=3x2x3 border=1 subsample=3",
      "conv3d.forward f32 x=1x2x3x4x3 w=2x2x2x2x3 border=1",
      "conv2d.forward f32 x=1x2x4x5 w=2x3x4x2x2x2 unshared",
      "conv2d.forward f32 x=1x1x1x1 w=1x1x1x1",
      "conv2d.forward f32 x=2x3x5x4 w=4x3x3x2 layout=nhwc",
      "conv2d.forward f32 x=2x3x5x4 w=4x3x3x2 layout=y-gaps,x-reversed,offset-12 fill=real",
      "conv2d.forward f32 x=2x3x5x4 w=4x3x3x2 fill=special seed=3",
      "conv2d_transpose.forward f32 x=2x2x4x4 w=2x1x4x4 y=2x1x10x10 subsample=2x2",
      "conv1d.forward types=bf16,bf16,f32 x=1x2x9 w=3x2x3",
  };
  return all;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const char* line : lines()) {
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      all.push_back(parse_case(line));
      all.back().part = part;
    }
  }
  return all;
}

Verdict judge(const Rule& rule, const Case& c, const BackendPtr& backend) {
  PreparedCase ready(c, call_types(c, *backend), {});
  return rule.judge({ready, *backend, {.threads = 2}});
}

// The outcomes that an honest backend may have.
void expect_not_flagged(const BackendPtr& backend) {
  for (const Rule& rule : all_rules()) {
    int passed = 0;
    for (const Case& c : cases()) {
      const Verdict verdict = judge(rule, c, backend);
      EXPECT_TRUE(verdict.outcome != Outcome::Failed && verdict.outcome != Outcome::Broken)
          << rule.name << " on " << backend->name() << ": " << to_string(c) << "\n"
          << verdict.reason;
      passed += verdict.outcome == Outcome::Passed ? 1 : 0;
    }
    EXPECT_GE(passed, 12) << rule.name << " on " << backend->name();
  }
}

// Uses its workspace: writes it all.
Mistakes with_workspace() {
  Mistakes honest;
  honest.workspace = [=](const auto&...) -> std::size_t { return 100; };
  honest.before = [](const Call& call) {
    std::fill(call.workspace.begin(), call.workspace.end(), std::byte{9});
  };
  return honest;
}

TEST(Rules, DoNotFlagTheKernel) { expect_not_flagged(kernel("honest", with_workspace())); }

TEST(Rules, DoNotFlagTheKernelWithoutWorkspace) {
  const BackendPtr honest = kernel("honest");
  for (const Rule& rule : all_rules()) {
    const Verdict verdict = judge(rule, parse_case(lines()[0]), honest);
    const bool workspace = std::string(rule.name) == "workspace";
    EXPECT_EQ(verdict.outcome, workspace ? Outcome::Vacuous : Outcome::Passed)
        << rule.name << ": " << verdict.reason;
  }
}

TEST(Rules, DoNotFlagTheDefinition) {
  for (const Rule& rule : all_rules()) {
    for (const Case& c : cases()) {
      const Verdict verdict = judge(rule, c, right_backend());
      EXPECT_TRUE(verdict.outcome != Outcome::Failed && verdict.outcome != Outcome::Broken)
          << rule.name << ": " << to_string(c) << "\n"
          << verdict.reason;
    }
  }
}

#ifdef CONVCHECK_HAVE_OPENBLAS
TEST(Rules, DoNotFlagCorrmm) { expect_not_flagged(corrmm_backend()); }

TEST(Rules, DoNotFlagACaseOfWhichASampleIsJudged) {
  for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
    for (const char* fill : {"narrow", "real"}) {
      Case c = parse_case("conv2d.forward f32 x=2x8x12x11 w=12x8x3x3 border=1");
      c.part = part;
      c.fill = fill;
      const BackendPtr backend = corrmm_backend();
      PreparedCase ready(c, call_types(c, *backend), {.taps = 300, .elements = 20, .least = 8});
      ASSERT_FALSE(ready.expectation().all);
      for (const Rule& rule : all_rules()) {
        const Verdict verdict = rule.judge({ready, *backend, {}});
        EXPECT_TRUE(verdict.outcome == Outcome::Passed || verdict.outcome == Outcome::Vacuous)
            << rule.name << ": " << to_string(c) << "\n"
            << verdict.reason;
      }
    }
  }
}
#endif

TEST(Rules, DoNotFlagAnUndecidedOrder) {
  Mistakes honest = with_workspace();
  honest.claims.deterministic = honest.claims.deterministic_across_threads = false;
  const BackendPtr backend = kernel("undecided", honest);
  for (const Rule& rule : all_rules()) {
    const Verdict verdict = judge(rule, parse_case(lines()[0]), backend);
    const bool repeat = std::string(rule.name) == "repeat";
    EXPECT_EQ(verdict.outcome, repeat ? Outcome::Skipped : Outcome::Passed)
        << rule.name << ": " << verdict.reason;
  }
}

TEST(Rules, DoNotFlagADeclaredTransform) {
  Mistakes honest = with_workspace();
  honest.claims.algorithm = Claims::Algorithm::Transform;
  honest.claims.amplification = 100;
  honest.writes = [](const Finished& of) { return of.sum + 0.25 * std::sin(of.sum); };
  const BackendPtr backend = kernel("transform", honest);
  for (const Rule& rule : all_rules()) {
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      Case c = parse_case(lines()[0]);
      c.part = part;
      const Verdict verdict = judge(rule, c, backend);
      EXPECT_EQ(verdict.outcome, Outcome::Passed) << rule.name << ": " << verdict.reason;
    }
  }
}

TEST(Rules, DoNotFlagNegativeZeros) {
  Mistakes honest = with_workspace();
  honest.writes = [](const Finished& of) { return of.sum == 0 ? -0.0 : of.sum; };
  expect_not_flagged(kernel("negative zeros", honest));
}

TEST(Rules, ARefusedCaseIsSkippedWithItsReason) {
  const BackendPtr refuses = std::make_shared<PlantedBackend>(
      compute_right, "refuses", Support::no("filter extent 3, needs 5"));
  for (const Rule& rule : all_rules()) {
    const Verdict verdict = judge(rule, parse_case(lines()[0]), refuses);
    EXPECT_EQ(verdict.outcome, Outcome::Skipped) << rule.name;
    EXPECT_NE(verdict.reason.find("filter extent 3, needs 5"), std::string::npos) << rule.name;
  }
}

TEST(Rules, AnEmptyCaseNeverFails) {
  for (const char* line :
       {"conv1d.forward f32 x=0x1x3 w=1x1x2", "conv1d.forward f32 x=1x0x3 w=1x0x2",
        "conv1d.forward f32 x=1x1x3 w=0x1x2"}) {
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      for (const Rule& rule : all_rules()) {
        Case c = parse_case(line);
        c.part = part;
        const Verdict verdict = judge(rule, c, kernel("honest"));
        EXPECT_TRUE(verdict.outcome == Outcome::Passed || verdict.outcome == Outcome::Vacuous)
            << rule.name << ": " << to_string(c) << "\n"
            << verdict.reason;
      }
    }
  }
}

TEST(Rules, AreFoundByName) {
  EXPECT_STREQ(all_rules()[0].name, "value");
  for (const Rule& rule : all_rules()) EXPECT_STREQ(rule_named(rule.name).name, rule.name);
  EXPECT_EQ(all_rules().size(), 11u);
  try {
    rule_named("values");
    FAIL();
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
    EXPECT_NE(std::string(error.what()).find("value, repeat, inputs_kept, bounds"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace convcheck
