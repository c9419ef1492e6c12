#include "fast/reexpressed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/rules/all_rules.h"
#include "fast/dispatch.h"
#include "reference/reference_backend.h"
#include "tests/unit/planted_backend.h"
#include "tests/unit/planted_mistake.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

using Make = BackendPtr (*)(const BackendPtr&);

// The rule on the form of the reference, whose own answers are right.
Verdict judged(const char* rule, Make make, const std::string& line) {
  return judge(rule, make(reference_backend()), line.c_str());
}

void expect_passed(Make make, const std::string& line) {
  const Verdict verdict = judged("value", make, line);
  EXPECT_EQ(verdict.outcome, Outcome::Passed) << line << ": " << verdict.reason;
}

std::string refusal(Make make, const std::string& line) {
  const Verdict verdict = judged("value", make, line);
  EXPECT_EQ(verdict.outcome, Outcome::Skipped) << line;
  return verdict.reason;
}

const char* const kFlips[] = {"", " noflip"};

TEST(Exchanged, ForwardAndTheGradientOfTheWeightsAreOneAnother) {
  for (const char* flip : kFlips) {
    for (const char* direction : {"forward", "grad_weights"}) {
      const auto line = [&](const std::string& rest) { return rest + flip; };
      const std::string call = std::string(".") + direction + " f32 ";
      expect_passed(exchanged, line("conv2d" + call + "x=2x3x8x9 w=4x3x3x2"));
      expect_passed(exchanged, line("conv1d" + call + "x=2x3x11 w=4x3x4 border=(3,1)"));
      expect_passed(exchanged, line("conv3d" + call + "x=2x2x5x6x4 w=3x2x2x3x2 border=half"));
      expect_passed(exchanged, line("conv2d" + call + "x=1x1x5x5 w=1x1x5x5"));
    }
  }
}

TEST(Exchanged, StridesAndDilationChangePlacesAndUnusedTailsAreCutOff) {
  for (const char* flip : kFlips) {
    for (const char* direction : {"forward", "grad_weights"}) {
      for (int extent = 9; extent <= 15; ++extent) {
        for (const char* rest : {"subsample=3", "subsample=3 dilation=2", "dilation=3",
                                 "subsample=4 border=(0,3)", "subsample=5 border=(1,2)"}) {
          expect_passed(exchanged, std::string("conv1d.") + direction + " f32 x=2x3x" +
                                       std::to_string(extent) + " w=2x3x3 " + rest + flip);
        }
      }
    }
  }
}

TEST(Transposed, ForwardAndTheGradientOfTheInputsAreOneAnother) {
  for (const char* flip : kFlips) {
    for (const char* direction : {"forward", "grad_inputs"}) {
      for (const char* border : {"full", "valid", "half", "(0,2),(1,0)"}) {
        const std::string rest = std::string(" border=") + border + flip;
        const std::string call = std::string("conv2d.") + direction + " f32 ";
        expect_passed(transposed, call + "x=2x3x8x9 w=4x3x3x2" + rest);
        expect_passed(transposed, call + "x=2x3x8x9 w=4x3x3x2 dilation=2x3" + rest);
      }
      expect_passed(transposed, std::string("conv3d.") + direction +
                                    " f64 x=2x2x5x6x4 w=3x2x2x3x2 border=full" + flip);
    }
  }
}

TEST(Conv3d2d, IsRightWithAndWithoutFlip) {
  for (const char* flip : kFlips) {
    for (const char* rest :
         {"border=valid", "border=full", "border=half", "border=(2,0),1,0 subsample=2x1x3",
          "border=5,0,1 dilation=3x1x2", "border=1 groups=2", "border=4 subsample=3x2x1"}) {
      const std::string line = std::string("conv3d.forward f32 x=2x4x7x6x5 w=6x") +
                               (std::string(rest).find("groups") == std::string::npos ? "4" : "2") +
                               "x3x2x3 " + rest + flip;
      expect_passed(by_frames, line);
    }
  }
}

// Theano's has this defect: its conv3d2d always flips.
TEST(Conv3d2d, OneThatAlwaysFlipsWouldBeSeen) {
  const BackendPtr always_flips = planted([](ConvProblem problem, const Operands& operands) {
    problem.flip = true;
    run(*by_frames(reference_backend()), problem, operands);
  });
  const char* const line = "conv3d.forward f32 x=1x1x4x4x4 w=1x1x2x2x2";
  EXPECT_EQ(judge("value", always_flips, line).outcome, Outcome::Passed);
  EXPECT_EQ(judge("value", always_flips, (std::string(line) + " noflip").c_str()).outcome,
            Outcome::Failed);
}

TEST(Reexpressed, WhatHasNoSuchFormIsRefusedWithTheReason) {
  const std::string forward = "conv2d.forward f32 x=2x4x8x9 ";
  for (const Make make : {exchanged, transposed}) {
    EXPECT_THAT(refusal(make, forward + "w=4x2x3x2 groups=2"), HasSubstr("groups"));
    EXPECT_THAT(refusal(make, forward + "w=4x6x8x4x3x2 unshared"), HasSubstr("unshared"));
  }
  EXPECT_THAT(refusal(exchanged, "conv2d.grad_inputs f32 x=2x4x8x9 w=4x4x3x2"),
              HasSubstr("gradient of the inputs"));
  EXPECT_THAT(refusal(transposed, "conv2d.grad_weights f32 x=2x4x8x9 w=4x4x3x2"),
              HasSubstr("gradient of the weights"));
  EXPECT_THAT(refusal(transposed, forward + "w=4x4x3x2 subsample=2"), HasSubstr("stride 2"));
  EXPECT_THAT(refusal(transposed, forward + "w=4x4x3x2 border=3"), HasSubstr("beyond the filter"));
  EXPECT_THAT(refusal(by_frames, forward + "w=4x4x3x2"), HasSubstr("3 spatial axes"));
  EXPECT_THAT(refusal(by_frames, "conv3d.grad_inputs f32 x=1x1x4x4x4 w=1x1x2x2x2"),
              HasSubstr("gradient"));
  EXPECT_THAT(refusal(by_frames, "conv3d.forward bf16 x=1x1x4x4x4 w=1x1x2x2x2"),
              HasSubstr("rounded once"));
}

TEST(Reexpressed, WhatTheBackendRefusesOfTheFormIsRefused) {
  const BackendPtr refusing =
      std::make_shared<PlantedBackend>(compute_right, "refusing", Support::no("too odd"));
  EXPECT_THAT(judge("value", exchanged(refusing), "conv1d.forward f32 x=1x1x4 w=1x1x2").reason,
              HasSubstr("too odd"));
}

// Memory, layouts, determinism and special numbers.
TEST(Reexpressed, TheyHoldEveryRule) {
  const std::pair<Make, const char*> calls[] = {
      {exchanged, "conv2d.forward f32 x=2x3x8x9 w=4x3x3x2 border=1 subsample=2x1"},
      {exchanged, "conv2d.grad_weights f32 x=2x3x8x9 w=4x3x3x2 border=1 subsample=2x1 noflip"},
      {transposed, "conv2d.forward f32 x=2x3x6x5 w=4x3x3x2 border=full"},
      {transposed, "conv2d.grad_inputs f32 x=2x3x6x5 w=4x3x3x2 noflip"},
      {by_frames, "conv3d.forward f32 x=2x2x4x5x3 w=2x2x3x2x2 border=1 noflip"}};
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.by_name_only) continue;
    for (const auto& [make, line] : calls) {
      for (const Rule& rule : all_rules()) {
        const Verdict verdict = judge(rule.name, make(entry.backend), line);
        const bool no_workspace =
            std::string(rule.name) == "workspace" && verdict.outcome == Outcome::Vacuous;
        EXPECT_TRUE(verdict.outcome == Outcome::Passed || verdict.outcome == Outcome::Skipped ||
                    no_workspace)
            << entry.name << ", " << rule.name << " of " << line << ": " << verdict.reason;
      }
    }
  }
}

TEST(Reexpressed, EmptyCallsGiveZeros) {
  for (const Make make : {exchanged, transposed, by_frames}) {
    Tensor x({2, 0, 4, 4, 4}), w({3, 0, 2, 2, 2}), y({2, 3, 3, 3, 3});
    y.set({0, 0, 0, 0, 0}, 7);
    run(*make(reference_backend()), make_problem(Direction::Forward, x.shape(), w.shape(), {}),
        {x, w, y});
    EXPECT_EQ(y.at({0, 0, 0, 0, 0}), 0);
  }
}

}  // namespace
}  // namespace convcheck
