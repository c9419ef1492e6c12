// Elements by the definition on a device, with the host as the device.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "checker/device/samples.h"
#include "checker/fill.h"
#include "reference/oracle.h"
#include "tests/unit/call_on_device.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

// Knows which elements were asked for.
class Listening final : public HostAsDevice {
 public:
  using HostAsDevice::launch;
  void launch(const device::SumWork& work, std::int64_t items, void* stream) const override {
    if (work.got != nullptr) {
      ++samplings;
      chosen.assign(work.chosen, work.chosen + items / work.parts);
      parts = work.parts;
    }
    HostAsDevice::launch(work, items, stream);
  }
  mutable int samplings = 0;
  mutable std::vector<std::int64_t> chosen;
  mutable std::int64_t parts = 0;
};

class SamplesOnDevice : public testing::Test {
 protected:
  // What a new session says of a call that is wrong by so much at one element.
  DebugTotals totals_of(
      const There& there, std::int64_t element, double error,
      const std::function<void()>& later = [] {}) {
    DebugSession session;
    DebugOptions own = quiet(session);
    own.callback = [this](const DebugViolation& one) { told_.push_back(one); };
    own.stream = device_->stream();
    told_.clear();
    device_->slow = true;
    device_->synchronised = 0;
    check_call(
        there.problem, there.operands,
        [&] {
          there.compute();
          there.add(element, error);
        },
        own);
    EXPECT_EQ(device_->synchronised, 0);
    later();
    session.finish();
    return session.totals();
  }

  std::shared_ptr<const Listening> device_ = std::make_shared<Listening>();
  DeviceInUse in_use_{device_};
  std::vector<DebugViolation> told_;
};

TEST_F(SamplesOnDevice, AreTheDefinitionAndWhatTheResultHeldInTheStream) {
  for (const Direction direction : kAllDirections) {
    const There there(*device_, Call(problem_of(true, direction)));
    const Call on_host(there.problem);
    there.compute();
    there.add(0, 5);
    const Index first(4, 0), last{there.result().extents[0] - 1, 2, 1, 2};
    const device::Samples samples(*device_, there.problem, there.operands, {last, first}, nullptr);
    there.add(0, 7);  // nobody looks at it any more
    const auto elements = samples.elements();
    ASSERT_EQ(elements.size(), 2u);
    EXPECT_GT(device_->parts, 100);
    for (const device::SampledElement& one : elements) {
      const Sum expected = result_at(there.problem, on_host.operands(), one.at);
      EXPECT_NEAR(one.sum.value, expected.value, 0x1p-52 * expected.magnitude);
      EXPECT_NEAR(one.sum.magnitude, expected.magnitude, 0x1p-40 * expected.magnitude);
      EXPECT_EQ(one.sum.terms, expected.terms);
      EXPECT_NEAR(one.got, expected.value + (one.at == first ? 5 : 0), 1e-5);
    }
  }
  const There there(*device_, Call(problem_of(true)));
  EXPECT_TRUE(device::Samples(*device_, there.problem, there.operands, {}, nullptr).here());
}

// One element of hundreds that are projected together.
TEST_F(SamplesOnDevice, AnErrorThatTheProjectionCannotSeeIsFoundWhereASampleIs) {
  for (const Direction direction : kAllDirections) {
    const There there(*device_, Call(problem_of(true, direction)));
    // Some times the bound of an element, which grows with the square.
    const double error = 0x1p-24 * std::pow(static_cast<double>(max_terms(there.problem)), 2);
    const DebugTotals right = totals_of(there, 0, 0);
    const std::vector<std::int64_t> chosen = device_->chosen;
    EXPECT_EQ(right.by_definition, static_cast<std::int64_t>(chosen.size()));
    EXPECT_THAT(chosen.size(), testing::AllOf(testing::Gt(0u), testing::Le(32u)));
    EXPECT_GT(right.worst_in_bounds, 0);
    EXPECT_EQ(right.violations, 0);
    EXPECT_EQ(device_->synchronised, 0);

    std::int64_t other = 0;
    while (std::find(chosen.begin(), chosen.end(), other) != chosen.end()) ++other;
    EXPECT_EQ(totals_of(there, other, error).violations, 0) << "the projection sees it";
    EXPECT_EQ(device_->synchronised, 0);

    EXPECT_EQ(totals_of(there, chosen[0], error).violations, 1);
    EXPECT_GT(device_->synchronised, 0);
    ASSERT_EQ(told_.size(), 1u);
    EXPECT_EQ(told_[0].kind, Violation::BadKernelOutput);
    EXPECT_EQ(told_[0].verdict.reason, "the result is not the definition's");
    ASSERT_TRUE(told_[0].verdict.worst);
    EXPECT_EQ(there.result().offset(told_[0].verdict.worst->at), chosen[0]);
    EXPECT_GT(told_[0].verdict.worst->in_bounds, 1);
  }
}

TEST_F(SamplesOnDevice, AnErrorThatIsOverwrittenSinceIsToldWithItsPlace) {
  const There there(*device_, Call(problem_of(true)));
  totals_of(there, 0, 0);
  const std::int64_t element = device_->chosen[0];
  const DebugTotals totals = totals_of(there, element, 2e-3, [&] { there.compute(); });
  EXPECT_EQ(totals.violations, 1);
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_THAT(told_[0].verdict.reason, HasSubstr("the operands are by now others"));
  ASSERT_TRUE(told_[0].verdict.worst);
  EXPECT_EQ(there.result().offset(told_[0].verdict.worst->at), element);
  EXPECT_NEAR(told_[0].verdict.worst->got - told_[0].verdict.worst->expected, 2e-3, 1e-4);
}

// The first call of a problem, and some of the others.
TEST_F(SamplesOnDevice, AreTakenOfOneCallInSeveral) {
  constexpr int kCalls = 200;
  const There there(*device_, Call(problem_of(true)));
  there.compute();
  DebugSession session;
  DebugOptions own = quiet(session);
  own.stream = device_->stream();
  for (int i = 0; i < kCalls; ++i) {
    check_call(
        there.problem, there.operands, [] {}, own);
    EXPECT_GE(device_->samplings, 1) << "of the first one";
  }
  session.finish();
  EXPECT_EQ(session.totals().violations, 0);
  EXPECT_GT(device_->samplings, kCalls / 12);
  EXPECT_LT(device_->samplings, kCalls / 5);
}

}  // namespace
}  // namespace convcheck
