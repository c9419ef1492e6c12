#include "checker/debug_mode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/unit/debug_call.h"

namespace convcheck {
namespace {

TEST(DebugMode, ARightResultPassesAtEveryLevel) {
  for (const Direction direction : kAllDirections) {
    for (const bool large : {false, true}) {
      for (const DebugLevel level : kLevels) {
        DebugSession session;
        const Call call(problem_of(large, direction));
        for (const DebugViolation& one :
             violations_of(right_backend(), call, quiet(session, level))) {
          ADD_FAILURE() << one.text;
        }
        EXPECT_EQ(session.totals().checked, 1);
      }
    }
  }
}

TEST(DebugMode, OffIsTheBackendItself) {
  const BackendPtr backend = right_backend();
  DebugSession session;
  EXPECT_EQ(debug_mode(backend, quiet(session, DebugLevel::Off)), backend);
}

TEST(DebugMode, AWrongElementIsFoundByFullWithItsProducts) {
  for (const Direction direction : kAllDirections) {
    DebugSession session;
    const Call call(problem_of(true, direction));
    const BackendPtr wrong = planted([](const ConvProblem& problem, const Operands& operands) {
      compute_right(problem, operands);
      const TensorView& result = operands.result(problem.direction);
      const Index at{1, 2, 1, 0};
      result.set(at, result.at(at) * 1.01);
    });
    const auto found = violations_of(wrong, call, quiet(session, DebugLevel::Full));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, Violation::BadKernelOutput);
    EXPECT_EQ(found[0].verdict.worst->at, (Index{1, 2, 1, 0}));
    EXPECT_EQ(found[0].verdict.worst->wrong, 1);
    EXPECT_GT(found[0].verdict.worst->in_bounds, 1);
    EXPECT_NE(found[0].text.find("taps"), std::string::npos) << found[0].text;
  }
}

TEST(DebugMode, ALostChannelIsFoundByProjectionDownToAnElement) {
  for (const Direction direction : kAllDirections) {
    DebugSession session;
    const Call call(problem_of(true, direction));
    const BackendPtr wrong = planted([](const ConvProblem& problem, const Operands& operands) {
      compute_right(problem, operands);
      const TensorView& result = operands.result(problem.direction);
      Index at(result.rank(), 0);
      do {
        if (at[1] == 3) result.set(at, 0);
      } while (advance(at, result.extents));
    });
    const auto found = violations_of(wrong, call, quiet(session));
    ASSERT_EQ(found.size(), 1u) << to_string(direction);
    EXPECT_EQ(found[0].kind, Violation::BadKernelOutput);
    ASSERT_TRUE(found[0].verdict.worst) << found[0].text;
    EXPECT_EQ(found[0].verdict.worst->at[1], 3) << found[0].text;
  }
}

TEST(DebugMode, WhatAKernelThrowsIsPassedOnAndCounted) {
  DebugSession session;
  const Call call(problem_of(false));
  const BackendPtr throwing =
      planted([](const ConvProblem&, const Operands&) { throw std::runtime_error("mine"); });
  for (const DebugLevel level : kLevels) {
    EXPECT_THROW(run(*debug_mode(throwing, quiet(session, level)), call.problem, call.operands()),
                 std::runtime_error);
  }
  EXPECT_EQ(session.totals().threw, 4);
  EXPECT_EQ(session.totals().checked, 0);
}

TEST(DebugMode, AnInputThatIsWrittenIsABadInputMutation) {
  for (const DebugLevel level : {DebugLevel::Full, DebugLevel::Paranoid}) {
    DebugSession session;
    const Call call(problem_of(false));
    const BackendPtr wrong = planted([](const ConvProblem& problem, const Operands& operands) {
      compute_right(problem, operands);
      operands.x.set({0, 0, 0, 1}, operands.x.at({0, 0, 0, 1}) + 1);
    });
    const auto found = violations_of(wrong, call, quiet(session, level));
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].kind, Violation::BadInputMutation);
  }
}

TEST(DebugMode, NaNIsAnInvalidValueUnlessThatIsSwitchedOff) {
  for (const DebugLevel level : {DebugLevel::Projection, DebugLevel::Full}) {
    for (const bool large : {false, true}) {
      DebugSession session;
      const Call call(problem_of(large));
      call.x.view().set({0, 1, 2, 2}, std::nan(""));
      DebugOptions options = quiet(session, level);
      auto found = violations_of(right_backend(), call, options);
      ASSERT_EQ(found.size(), 1u);
      EXPECT_EQ(found[0].kind, Violation::InvalidValue);
      EXPECT_NE(found[0].text.find("the input x[0,1,2,2] is NaN"), std::string::npos)
          << found[0].text;
      options.settings.check_isfinite = false;
      found = violations_of(right_backend(), call, options);
      EXPECT_TRUE(found.empty()) << found[0].text;
    }
  }
}

TEST(DebugMode, AResultThatIsNeverWrittenIsFound) {
  for (const bool finite : {false, true}) {
    DebugSession session;
    const Call call(problem_of(true));
    const BackendPtr wrong = planted([](const ConvProblem& problem, const Operands& operands) {
      compute_right(problem, operands);
      operands.y.set({3, 5, 2, 1}, std::numeric_limits<double>::infinity());
    });
    DebugOptions options = quiet(session);
    options.settings.check_isfinite = finite;
    const auto found = violations_of(wrong, call, options);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, finite ? Violation::InvalidValue : Violation::BadKernelOutput);
    EXPECT_EQ(found[0].verdict.worst->at, (Index{3, 5, 2, 1})) << found[0].text;
  }
}

TEST(DebugMode, OtherBitsOnRepeatingAreAnUnstableResult) {
  DebugSession session;
  const Call call(problem_of(false));
  auto calls = std::make_shared<int>(0);
  const BackendPtr wrong = planted([calls](const ConvProblem& problem, const Operands& operands) {
    compute_right(problem, operands);
    if (++*calls == 3)
      operands.y.set({0, 0, 0, 0}, std::nextafterf(float(operands.y.at({0, 0, 0, 0})), 9));
  });
  DebugOptions options = quiet(session);
  EXPECT_TRUE(violations_of(wrong, call, options).empty());
  *calls = 0;
  options.settings.patience = 3;
  const auto found = violations_of(wrong, call, options);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, Violation::UnstableResult);
}

TEST(DebugMode, WhatThePreallocatedOutputHeldMustNotMatter) {
  const BackendPtr wrong = planted([](const ConvProblem& problem, const Operands& operands) {
    const bool used =
        operands.y.at({0, 0, 0, 0}) < -1000 || std::isnan(operands.y.at({0, 0, 0, 0}));
    compute_right(problem, operands);
    if (used) operands.y.set({0, 0, 0, 0}, 17);
  });
  for (const char* mode : {"", "initial", "c_contiguous", "f_contiguous", "strided", "ALL"}) {
    DebugSession session;
    const Call call(problem_of(false));
    DebugOptions options = quiet(session);
    set_debug_option(options.settings, "check_preallocated_output", mode);
    EXPECT_EQ(violations_of(wrong, call, options).size(), *mode == '\0' ? 0u : 1u) << mode;
    EXPECT_TRUE(violations_of(right_backend(), call, options).empty()) << mode;
  }
}

TEST(DebugMode, StridesThatAreIgnoredShowOnRowMajorCopies) {
  DebugSession session;
  Call call(problem_of(false));
  const Tensor wide(Shape{2, 3, 5, 12});
  TensorView x = wide;
  x.extents[3] = 6;
  x.strides[3] = 2;
  copy(call.x, x);
  // Right by chance for what it sees, which is not the user's x.
  const BackendPtr wrong = planted([](const ConvProblem& problem, const Operands& operands) {
    Operands others = operands;
    compute_right(problem, others);
    if (operands.x.contiguous()) others.y.set({0, 0, 0, 0}, 5);
  });
  std::vector<DebugViolation> found;
  DebugOptions options = quiet(session);
  options.callback = [&](const DebugViolation& one) { found.push_back(one); };
  options.settings.check_strides = 2;
  run(*debug_mode(wrong, options), call.problem, {x, call.w, call.y});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].text.find("row-major copies"), std::string::npos) << found[0].text;
}

TEST(DebugMode, ThrowCarriesTheViolation) {
  DebugSession session;
  const Call call(problem_of(false));
  DebugOptions options = quiet(session);
  options.settings.action = DebugAction::Throw;
  const BackendPtr wrong = planted([](const ConvProblem&, const Operands& operands) {
    copy(Tensor(operands.y.extents), operands.y);
  });
  try {
    run(*debug_mode(wrong, options), call.problem, call.operands());
    FAIL() << "nothing was thrown";
  } catch (const DebugModeError& error) {
    EXPECT_EQ(error.violation().kind, Violation::BadKernelOutput);
    EXPECT_EQ(error.violation().case_line,
              "conv2d.forward f32 x=2x3x5x6 w=4x3x3x3 border=1,(1,0) fill=real");
  }
  EXPECT_EQ(session.totals().violations, 1);
}

TEST(DebugModeDeathTest, AbortEndsTheProgramWithTheText) {
  DebugSession session;
  const Call call(problem_of(false));
  DebugOptions options = quiet(session);
  options.settings.action = DebugAction::Abort;
  EXPECT_DEATH(verify(call.problem, call.operands(), options), "BadKernelOutput  kernel");
}

}  // namespace
}  // namespace convcheck
