// DebugMode on device memory, with the host as the device.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/debug/session.h"
#include "tests/unit/call_on_device.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

class DebugOnDevice : public testing::Test {
 protected:
  DebugOptions options() {
    DebugOptions own = quiet(session_);
    own.callback = [this](const DebugViolation& one) { told_.push_back(one); };
    own.stream = device_->stream();
    return own;
  }

  std::shared_ptr<const HostAsDevice> device_ = std::make_shared<HostAsDevice>();
  DeviceInUse in_use_{device_};
  DebugSession session_;
  std::vector<DebugViolation> told_;
};

TEST_F(DebugOnDevice, ARightCallIsCheckedInItsStreamAndNobodyWaits) {
  device_->slow = true;
  for (const Direction direction : kAllDirections) {
    const There there(*device_, Call(problem_of(true, direction)));
    const DebugResult result = check_call(
        there.problem, there.operands, [&] { there.compute(); }, options());
    EXPECT_TRUE(result.deferred);
    EXPECT_FALSE(result.checked);
    EXPECT_THAT(result.note, HasSubstr("judged with a later call"));
  }
  EXPECT_EQ(device_->synchronised, 0);
  EXPECT_EQ(session_.totals().checked, 0);
  session_.finish();
  EXPECT_EQ(device_->synchronised, 0);
  EXPECT_EQ(session_.totals().checked, 3);
  EXPECT_EQ(session_.totals().covered, session_.totals().elements);
  EXPECT_GT(session_.totals().worst_projection, 0);
  EXPECT_EQ(session_.totals().violations, 0);
  EXPECT_EQ(device_->live(), 9u);
}

// A device whose projections take time of its own.
class SlowProjections final : public HostAsDevice {
 public:
  explicit SlowProjections(double seconds) : seconds_(seconds) {}
  using HostAsDevice::launch;
  void launch(const device::ProjectionWork<double>& work, void* stream) const override {
    now += seconds_;
    HostAsDevice::launch(work, stream);
  }

 private:
  double seconds_;
};

// The host is done with a call at once: what a budget is a share of is the device's time. And the
// operands stay where they are, however little the budget pays for.
TEST_F(DebugOnDevice, ABudgetIsAShareOfTheDevicesTime) {
  constexpr int kCalls = 400;
  const auto slow = std::make_shared<SlowProjections>(0.5);
  const DeviceInUse in_use(slow);
  DebugOptions own = options();
  own.stream = slow->stream();
  set_debug_option(own.settings, "budget", "5%");
  const There one(*slow, Call(problem_of(true))),
      other(*slow, Call(problem_of(true, Direction::GradInputs)));
  for (int i = 0; i < kCalls; ++i) {
    for (const There* there : {&one, &other}) {
      check_call(
          there->problem, there->operands,
          [&] {
            slow->now += 10;
            if (i == 0) there->compute();
          },
          own);
    }
  }
  session_.finish();
  const DebugTotals totals = session_.totals();
  EXPECT_EQ(slow->synchronised, 0);
  EXPECT_EQ(totals.violations, 0);
  EXPECT_EQ(totals.problems_checked, 2);
  const double calls = 2 * kCalls * 10, checks = slow->now - calls;
  EXPECT_GT(checks / calls, 0.02);
  EXPECT_LT(checks / calls, 0.055);
  EXPECT_NEAR(totals.call_seconds, calls, 0.05 * calls);
  EXPECT_NEAR(totals.check_seconds, checks, 0.05 * checks);
}

// Of a problem whose calls are short beside its check, while another one pays.
TEST_F(DebugOnDevice, WhatABudgetCannotPayForIsLeftOut) {
  const auto slow = std::make_shared<SlowProjections>(0.5);
  const DeviceInUse in_use(slow);
  DebugOptions own = options();
  own.stream = slow->stream();
  set_debug_option(own.settings, "budget", "5%");
  const There rich(*slow, Call(problem_of(true))),
      poor(*slow, Call(problem_of(true, Direction::GradInputs)));
  rich.compute(), poor.compute();
  for (int i = 0; i < 300; ++i) {
    check_call(
        rich.problem, rich.operands, [&] { slow->now += 100; }, own);
    check_call(
        poor.problem, poor.operands, [&] { slow->now += 0.001; }, own);
  }
  EXPECT_EQ(slow->synchronised, 0);
  EXPECT_EQ(session_.totals().problems_checked, 2);
  EXPECT_LE(session_.totals().checked, 300 + 1) << "every call of the one, the first of the other";
}

// A new problem is checked once, and not until its first check is judged.
TEST_F(DebugOnDevice, ACheckThatIsUnderWayCounts) {
  device_->slow = true;
  DebugOptions own = options();
  set_debug_option(own.settings, "budget", "first=2");
  const There there(*device_, Call(problem_of(true)));
  for (int i = 0; i < 10; ++i) {
    check_call(
        there.problem, there.operands, [&] { there.compute(); }, own);
  }
  EXPECT_EQ(session_.totals().checked, 0);
  session_.finish();
  EXPECT_EQ(session_.totals().checked, 2);
}

TEST_F(DebugOnDevice, AStreamWithoutMomentsIsCheckedAllTheSame) {
  device_->fails = "mark";
  const There there(*device_, Call(problem_of(true)));
  check_call(
      there.problem, there.operands, [&] { there.compute(); }, options());
  session_.finish();
  EXPECT_EQ(session_.totals().checked, 1);
}

TEST_F(DebugOnDevice, WhatHasArrivedIsJudgedWithALaterCall) {
  const There there(*device_, Call(problem_of(true)));
  for (int i = 0; i < 3; ++i) {
    check_call(
        there.problem, there.operands, [&] { there.compute(); }, options());
  }
  EXPECT_EQ(session_.totals().checked, 3);
}

TEST_F(DebugOnDevice, AWrongElementIsFoundSynchronisedAndNamed) {
  device_->slow = true;
  const There there(*device_, Call(problem_of(true)));
  check_call(
      there.problem, there.operands,
      [&] {
        there.compute();
        there.add(1234, 10);
      },
      options());
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(device_->synchronised, 0);
  session_.finish();
  EXPECT_GT(device_->synchronised, 0);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, Violation::BadKernelOutput);
  ASSERT_TRUE(told_[0].verdict.worst);
  EXPECT_EQ(there.result().offset(told_[0].verdict.worst->at), 1234);
}

TEST_F(DebugOnDevice, WhoeverAsksGetsWhatIsThrownAndTheRestStays) {
  device_->slow = true;
  const There there(*device_, Call(problem_of(true)));
  DebugOptions own = options();
  own.settings.action = DebugAction::Throw;
  for (int i = 0; i < 2; ++i) {
    check_call(
        there.problem, there.operands,
        [&] {
          there.compute();
          there.add(7, 10);
        },
        own);
  }
  EXPECT_THROW(session_.finish(), DebugModeError);
  EXPECT_THROW(session_.finish(), DebugModeError);
  session_.finish();
  EXPECT_EQ(session_.totals().violations, 2);
}

TEST_F(DebugOnDevice, AnErrorThatIsOverwrittenSinceIsStillToldWhereItIsBeyondAllRounding) {
  device_->slow = true;
  const There there(*device_, Call(problem_of(true)));
  const auto with_error = [&](double error) {
    check_call(
        there.problem, there.operands,
        [&] {
          there.compute();
          there.add(50, error);
        },
        options());
    there.compute();
    session_.finish();
  };
  with_error(1e4);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_THAT(told_[0].verdict.reason, HasSubstr("the operands are by now others"));
  EXPECT_FALSE(told_[0].verdict.worst);
  device_->release(there.operands.x.data);  // freed before anybody looked
  EXPECT_EQ(session_.totals().violations, 1);
}

TEST_F(DebugOnDevice, ValuesThatAreNotFiniteAreNamed) {
  const There there(*device_, Call(problem_of(true)));
  check_call(
      there.problem, there.operands,
      [&] {
        there.compute();
        there.add(99, std::numeric_limits<double>::infinity());
      },
      options());
  session_.finish();
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0].kind, Violation::InvalidValue);
}

TEST_F(DebugOnDevice, VerifyAnswersAtOnce) {
  device_->slow = true;
  const There there(*device_, Call(problem_of(true, Direction::GradWeights)));
  there.compute();
  DebugResult result = verify(there.problem, there.operands, options());
  EXPECT_TRUE(result.checked && !result.deferred && result.violations.empty());
  EXPECT_THAT(result.note, HasSubstr("by host: worst |Q|"));
  there.add(5, 100);
  result = verify(there.problem, there.operands, options());
  EXPECT_EQ(result.violations.size(), 1u);
}

TEST_F(DebugOnDevice, OtherLevelsCopyThroughTheDevice) {
  const There there(*device_, Call(problem_of(true)));
  there.compute();
  DebugOptions full = options();
  full.settings.level = DebugLevel::Full;
  EXPECT_TRUE(verify(there.problem, there.operands, full).checked);
  EXPECT_EQ(session_.totals().by_definition, there.result().size());
  EXPECT_GT(device_->synchronised, 0);
}

TEST_F(DebugOnDevice, ADeviceThatFailsIsBrokenAndTheProgramGoesOn) {
  const There there(*device_, Call(problem_of(true)));
  bool called = false;
  device_->fails = "send_to_host";
  const DebugResult result = check_call(
      there.problem, there.operands, [&] { called = true; }, options());
  EXPECT_TRUE(called);
  EXPECT_EQ(result.note, "not checked: send_to_host: planted (on host)");
  EXPECT_EQ(session_.totals().broken, 1);
  EXPECT_EQ(device_->live(), 3u);
}

TEST_F(DebugOnDevice, ChecksThatFailAreNotTriedForEver) {
  const There there(*device_, Call(problem_of(true)));
  device_->fails = "send_to_host";
  DebugOptions own = options();
  set_debug_option(own.settings, "budget", "first=2");
  for (int i = 0; i < 10; ++i) {
    check_call(
        there.problem, there.operands, [&] { there.compute(); }, own);
  }
  EXPECT_EQ(session_.totals().broken, 2);
  EXPECT_GT(session_.totals().check_seconds, 0);
}

TEST_F(DebugOnDevice, OfLargeOnesTheOldestAreJudged) {
  device_->slow = true;
  const There there(*device_, Call(problem_of(true)));
  session_.state().most_deferred_bytes = 1;
  for (int i = 0; i < 5; ++i) {
    check_call(
        there.problem, there.operands, [&] { there.compute(); }, options());
    EXPECT_EQ(session_.totals().checked, i) << "all but the last one";
  }
}

TEST_F(DebugOnDevice, OfManyTheOldestIsJudged) {
  device_->slow = true;
  const There there(*device_, Call(problem_of(false)));
  for (int i = 0; i < 70; ++i) {
    check_call(
        there.problem, there.operands, [&] { there.compute(); }, options());
  }
  EXPECT_EQ(session_.totals().checked, 6);
}

}  // namespace
}  // namespace convcheck
