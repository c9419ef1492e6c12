// Ways into DebugMode other than a wrapped backend, its budgets, and threads and forks.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "checker/debug/examine.h"
#include "checker/debug/session.h"
#include "checker/debug_mode.h"
#include "checker/sample.h"
#include "tests/unit/debug_call.h"

namespace convcheck {
namespace {

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

// Calls and checks that take what is said here, whatever the machine does meanwhile.
struct Times {
  double call, check;
};

// What 200 calls each of two problems come to under a budget of a hundredth of the time.
DebugTotals totals_within_a_share(const Times& times) {
  DebugSession session;
  DebugSession::State& state = session.state();
  DebugSettings settings;
  set_debug_option(settings, "budget", "1%");
  for (int i = 0; i < 200; ++i) {
    for (const Direction direction : {Direction::Forward, Direction::GradWeights}) {
      const debug::Key key{problem_of(true, direction), {}};
      const debug::Plan plan = state.plan(key, settings, 1);
      const bool checked = plan.level != DebugLevel::Off;
      state.record(key, {.level = plan.level,
                         .call_seconds = times.call,
                         .check_seconds = checked ? times.check : 0});
    }
  }
  return session.totals();
}

TEST(DebugMode, AShareOfTheTimeIsKeptAndEveryProblemIsCoveredWithin200Calls) {
  const DebugTotals cheap = totals_within_a_share({.call = 300e-6, .check = 100e-6});
  EXPECT_EQ(cheap.problems_checked, 2);
  EXPECT_GE(cheap.checked, 6);
  EXPECT_LE(cheap.check_seconds, 0.01 * cheap.call_seconds);
  // What it cannot pay for is checked once a problem all the same.
  const DebugTotals dear = totals_within_a_share({.call = 300e-6, .check = 5e-3});
  EXPECT_EQ(dear.problems_checked, 2);
  EXPECT_EQ(dear.checked, 2);
}

// Its elements and steps afford one sample in three calls.
TEST(DebugMode, SamplesBesideAProjectionAreAsManyAsItPaysFor) {
  DebugSession session;
  // The result is right already: the kernel leaves it.
  const Call call(problem_of(true));
  compute_right(call.problem, call.operands());
  const BackendPtr backend =
      debug_mode(planted([](const ConvProblem&, const Operands&) {}), quiet(session));
  run(*backend, call.problem, call.operands());
  EXPECT_EQ(session.totals().by_definition, 1) << "a new problem has one";
  constexpr int kCalls = 400;
  for (int i = 1; i < kCalls; ++i) run(*backend, call.problem, call.operands());
  const double affordable = static_cast<double>(call.x.size() + call.w.size() + call.y.size()) /
                            1024 / static_cast<double>(oracle_steps(call.problem));
  const auto sampled = static_cast<double>(session.totals().by_definition);
  EXPECT_LT(affordable, 0.5);
  EXPECT_NEAR(sampled, affordable * kCalls, 4 * std::sqrt(affordable * kCalls));
}

TEST(DebugMode, WhereNoSampleIsWantedNoneIsDrawn) {
  const ConvProblem problem = problem_of(true);
  EXPECT_TRUE(debug::draw_sample(problem, 0, 1).empty());
  const SampleLimits none{.taps = 0, .elements = 0, .least = 0};
  EXPECT_EQ(sample_size(problem, none), 0);
  EXPECT_FALSE(sample(problem, none, 1).all);
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
