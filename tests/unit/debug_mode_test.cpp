#include "checker/debug_mode.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <thread>

#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

// A problem that is projected, and one that the loops cover.
ConvProblem problem_of(bool large, Direction direction = Direction::Forward) {
  ConvProblem problem;
  problem.direction = direction;
  problem.batch = large ? 8 : 2;
  problem.channels = large ? 16 : 3;
  problem.filters = large ? 32 : 4;
  problem.windows[0] = {large ? 10 : 5, 3, 1, 1, 1, 1};
  problem.windows[1] = {large ? 12 : 6, 3, 1, 1, 1, 0};
  validate(problem);
  return problem;
}

struct Call {
  ConvProblem problem;
  Tensor x, w, y;

  explicit Call(const ConvProblem& of)
      : problem(of), x(of.x_shape()), w(of.w_shape()), y(of.y_shape()) {
    std::mt19937 engine(7);
    for (const Tensor* tensor : {&x, &w, &y}) {
      Index at(tensor->shape().size(), 0);
      do tensor->view().set(at, static_cast<double>(engine()) * 0x1p-31 - 1);
      while (advance(at, tensor->shape()));
    }
  }
  Operands operands() const { return {x, w, y}; }
  const TensorView& result() const {
    return problem.direction == Direction::Forward      ? y.view()
           : problem.direction == Direction::GradInputs ? x.view()
                                                        : w.view();
  }
};

DebugOptions quiet(DebugSession& session, DebugLevel level = DebugLevel::Projection) {
  DebugOptions options;
  options.settings.level = level;
  options.settings.report = false;
  options.settings.action = DebugAction::Callback;
  options.session = &session;
  return options;
}

constexpr DebugLevel kLevels[] = {DebugLevel::Sampled, DebugLevel::Projection, DebugLevel::Full,
                                  DebugLevel::Paranoid};

// All violations of one call of a backend.
std::vector<DebugViolation> violations_of(const BackendPtr& backend, const Call& call,
                                          DebugOptions options) {
  std::vector<DebugViolation> all;
  options.settings.action = DebugAction::Callback;
  options.callback = [&](const DebugViolation& one) { all.push_back(one); };
  run(*debug_mode(backend, options), call.problem, call.operands());
  return all;
}

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

TEST(CheckCall, ChecksTheUsersOwnKernelAndListsWhatItCannot) {
  DebugSession session;
  const Call call(problem_of(false));
  const DebugResult result = check_call(
      call.problem, call.operands(), [&] { compute_right(call.problem, call.operands()); },
      quiet(session, DebugLevel::Paranoid));
  EXPECT_TRUE(result.checked);
  EXPECT_TRUE(result.violations.empty());
  EXPECT_EQ(result.not_run.size(), 10u);
  EXPECT_EQ(result.not_run[0], "repeat: needs buffers of our own");
}

TEST(CheckCall, OverlappingOperandsAreABadAliasAndWrongShapesAMismatch) {
  DebugSession session;
  const Call call(problem_of(false));
  Operands operands = call.operands();
  operands.y.data = operands.x.data;
  bool called = false;
  const auto kernel = [&] { called = true; };
  DebugResult result = check_call(call.problem, operands, kernel, quiet(session));
  ASSERT_EQ(result.violations.size(), 1u);
  EXPECT_EQ(result.violations[0].kind, Violation::BadAlias);
  operands = call.operands();
  operands.w.extents[0] = 3;
  result = check_call(call.problem, operands, kernel, quiet(session));
  ASSERT_EQ(result.violations.size(), 1u);
  EXPECT_EQ(result.violations[0].kind, Violation::ShapeMismatch);
  EXPECT_FALSE(called);
}

TEST(Verify, ReadsDeviceMemoryThroughTheGivenCopy) {
  DebugSession session;
  const Call call(problem_of(true));
  compute_right(call.problem, call.operands());
  Operands device = call.operands();
  for (TensorView* view : {&device.x, &device.w, &device.y}) view->memory = MemoryKind::Cuda;
  std::size_t copied = 0;
  set_copy_to_host([&](void* host, const void* from, std::size_t bytes) {
    copied += bytes;
    std::memcpy(host, from, bytes);
  });
  DebugResult result = verify(call.problem, device, quiet(session));
  EXPECT_TRUE(result.checked && result.violations.empty());
  EXPECT_EQ(copied, 4u * static_cast<std::size_t>(call.x.size() + call.w.size() + call.y.size()));
  call.y.view().set({0, 0, 0, 0}, 1e6);
  EXPECT_EQ(verify(call.problem, device, quiet(session)).violations.size(), 1u);
  set_copy_to_host([](void*, const void*, std::size_t) { throw std::runtime_error("lost"); });
  result = verify(call.problem, device, quiet(session));
  EXPECT_FALSE(result.checked);
  EXPECT_EQ(result.note, "not checked: lost");
  EXPECT_EQ(session.totals().broken, 1);
  set_copy_to_host({});
}

TEST(DebugMode, BudgetsLimitTheCallsButEveryProblemIsCheckedOnce) {
  struct Expected {
    const char* budget;
    std::int64_t checked;
  };
  for (const Expected& expected :
       {Expected{"every=5", 4}, Expected{"first=3", 3}, Expected{"seconds=0.000000001", 1},
        Expected{"every=4:first=2", 2}}) {
    DebugSession session;
    DebugOptions options = quiet(session);
    set_debug_option(options.settings, "budget", expected.budget);
    const BackendPtr backend = debug_mode(right_backend(), options);
    const Call small(problem_of(false)), other(problem_of(false, Direction::GradInputs));
    for (int i = 0; i < 20; ++i) {
      run(*backend, small.problem, small.operands());
      run(*backend, other.problem, other.operands());
    }
    const DebugTotals totals = session.totals();
    EXPECT_EQ(totals.checked, 2 * expected.checked) << expected.budget;
    EXPECT_EQ(totals.problems_checked, 2);
    EXPECT_EQ(totals.calls, 40);
  }
}

TEST(DebugMode, AShareOfTheTimeIsKeptAndEveryProblemIsCoveredWithin200Calls) {
  DebugSession session;
  DebugOptions options = quiet(session);
  set_debug_option(options.settings, "budget", "1%");
  const BackendPtr slow = planted([](const ConvProblem&, const Operands&) {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  });
  // The result is right already: the kernel leaves it.
  const Call call(problem_of(true));
  compute_right(call.problem, call.operands());
  const Call other(problem_of(true, Direction::GradWeights));
  compute_right(other.problem, other.operands());
  const BackendPtr backend = debug_mode(slow, options);
  for (int i = 0; i < 200; ++i) {
    run(*backend, call.problem, call.operands());
    run(*backend, other.problem, other.operands());
  }
  const DebugTotals totals = session.totals();
  EXPECT_EQ(totals.problems_checked, 2);
  EXPECT_LT(totals.checked, 40);
  EXPECT_LT(totals.check_seconds, 0.05 * totals.call_seconds);
  EXPECT_EQ(totals.violations, 0);
}

TEST(DebugMode, ThreadsCheckAtTheSameTimeAndWithinOneAnother) {
  DebugSession session;
  const BackendPtr backend =
      debug_mode(debug_mode(right_backend(), quiet(session)), quiet(session));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      const Call call(problem_of(false, kAllDirections[i % 3]));
      for (int j = 0; j < 20; ++j) run(*backend, call.problem, call.operands());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(session.totals().calls, 160);
  EXPECT_EQ(session.totals().checked, 160);
}

TEST(DebugMode, AChildOfAForkChecksAndCountsAnew) {
  DebugSession session;
  const BackendPtr backend = debug_mode(right_backend(), quiet(session));
  const Call call(problem_of(true));
  run(*backend, call.problem, call.operands());
  std::atomic<bool> stop{false};
#ifdef __SANITIZE_ADDRESS__
  stop = true;  // gcc 12's allocator for it hangs in a child whose parent was allocating
#endif
  std::thread busy([&] {
    while (!stop) {
      const Call own(problem_of(false));
      run(*backend, own.problem, own.operands());
    }
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      run(*backend, call.problem, call.operands());
      _exit(session.totals().calls == 1 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  stop = true;
  busy.join();
}

TEST(DebugSettings, UnknownNamesAndValuesAreRefusedWithWhatIsKnown) {
  DebugSettings settings;
  for (const auto& [name, value] :
       {std::pair("levle", "full"), std::pair("level", "some"), std::pair("budget", "1"),
        std::pair("budget", "every=0"), std::pair("budget", "-1%"), std::pair("budget", "nan%"),
        std::pair("check_isfinite", "maybe"), std::pair("patience", "0"),
        std::pair("check_strides", "3"), std::pair("check_preallocated_output", "wrong_size"),
        std::pair("action", "callback"), std::pair("bundle_bytes", "9999999999999999999")}) {
    EXPECT_THROW(set_debug_option(settings, name, value), ConvError) << name << "=" << value;
  }
  EXPECT_EQ(settings, DebugSettings());
}

TEST(DebugSession, ItsReportSaysWhatWasCovered) {
  DebugSession session;
  const BackendPtr backend = debug_mode(right_backend(), quiet(session, DebugLevel::Full));
  const Call call(problem_of(false));
  run(*backend, call.problem, call.operands());
  const std::string report = session.report();
  EXPECT_EQ(report.find("convcheck DebugMode: checked 1 of 1 calls, 1 of 1 distinct problems, 200 "
                        "of 200 elements (200 by the definition)\n"),
            0u)
      << report;
}

}  // namespace
}  // namespace convcheck
