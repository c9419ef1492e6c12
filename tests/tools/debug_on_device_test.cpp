// What DebugMode costs on a device, with the host as the device and a clock that calls move.
#include "tools/debug_on_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checker/device/loops.h"
#include "fast/conv.h"
#include "reference/case.h"
#include "tests/unit/host_as_device.h"

namespace convcheck {
namespace {

// Time passes where a call or a kernel of a check says so.
class Ticks final : public Moments {
 public:
  void record() override { recorded_.push_back(now); }
  std::vector<double> intervals() override {
    std::vector<double> seconds;
    for (std::size_t i = 1; i < recorded_.size(); ++i) {
      seconds.push_back(recorded_[i] - recorded_[i - 1]);
    }
    recorded_.clear();
    return seconds;
  }
  double now = 0;

 private:
  std::vector<double> recorded_;
};

// Its projections take one second each.
class SlowProjections final : public HostAsDevice {
 public:
  explicit SlowProjections(std::shared_ptr<Ticks> ticks) : ticks_(std::move(ticks)) {}
  using HostAsDevice::launch;
  void launch(const device::ProjectionWork<double>& work, void* stream) const override {
    ticks_->now += 1;
    ++projections;
    HostAsDevice::launch(work, stream);
  }
  mutable int projections = 0;

 private:
  std::shared_ptr<Ticks> ticks_;
};

// The definition's loops in ten seconds, right or not.
class Loops final : public Backend {
 public:
  Loops(std::shared_ptr<Ticks> ticks, bool right) : ticks_(std::move(ticks)), right_(right) {}
  std::string name() const override { return "loops"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem&, const Operands&) const override { return Support::yes(); }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 100;
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    EXPECT_EQ(workspace.size(), 100u);
    EXPECT_EQ(context.stream, device_in_use()->stream());
    ticks_->now += 10;
    convcheck::run(*device_loops_backend(), problem, operands, context);
    const TensorView& result = operands.result(problem.direction);
    if (!right_) device::set_number(result.type, result.data, 0, 1e6);
  }

 private:
  std::shared_ptr<Ticks> ticks_;
  bool right_;
};

class DebugOnDeviceCost : public testing::Test {
 protected:
  void SetUp() override { device_->slow = true; }  // nothing arrives unless somebody waits

  DebugDevice with(bool right = true) const {
    return {device_, ticks_, std::make_shared<Loops>(ticks_, right), 1000};
  }
  // Large enough for a projection.
  static ConvProblem problem(Direction direction) {
    Case c = parse_case("conv2d.forward f32 x=16x16x10x10 w=16x16x3x3 border=1");
    ConvProblem made = conv_problem(c);
    made.direction = direction;
    return made;
  }

  std::shared_ptr<Ticks> ticks_ = std::make_shared<Ticks>();
  std::shared_ptr<const SlowProjections> device_ = std::make_shared<SlowProjections>(ticks_);
  DeviceInUse in_use_{device_};
};

TEST_F(DebugOnDeviceCost, TheCheckIsWhatACallTakesLonger) {
  for (const Direction direction : kAllDirections) {
    device_->projections = 0;
    const DebugCost cost = debug_cost(problem(direction), with(), 3);
    EXPECT_DOUBLE_EQ(cost.convolution, 10);
    EXPECT_GT(device_->projections, 0);
    EXPECT_DOUBLE_EQ(cost.check(), device_->projections / 4) << "of one call and three";
    EXPECT_DOUBLE_EQ(cost.floor, 4 * (16 * 16 * 100 + 16 * 16 * 9 + 16 * 16 * 100) / 1000.0);
    EXPECT_EQ(cost.totals.checked, 4);
    EXPECT_EQ(cost.totals.violations, 0);
  }
  EXPECT_EQ(device_->live(), 0u);
}

TEST_F(DebugOnDeviceCost, AWrongCallIsCounted) {
  EXPECT_EQ(debug_cost(problem(Direction::Forward), with(false), 2).totals.violations, 3);
}

TEST_F(DebugOnDeviceCost, ABudgetsShareIsOfAllPasses) {
  const std::vector<DebugLayer> layers{{"a", problem(Direction::Forward)},
                                       {"b", problem(Direction::GradWeights)}};
  const BudgetCost cost = budget_cost(layers, with(), "every=2", 4);
  EXPECT_DOUBLE_EQ(cost.convolutions, 4 * 2 * 10);
  EXPECT_EQ(cost.totals.calls, 8);
  EXPECT_EQ(cost.totals.checked, 4);
  // Two checks to warm up, and four that count.
  EXPECT_GT(cost.share(), 0);
  EXPECT_NEAR(cost.checked - cost.convolutions, device_->projections * 4 / 6.0, 1e-9);
}

TEST(DebugDevice, IsNothingWhereThereIsNoDevice) {
  set_device_source([] { return nullptr; });
  EXPECT_FALSE(debug_device(device_loops_backend()));
  set_device_source({});
}

TEST(DebugLayers, AreResnet50sInThreeDirectionsWithoutRepetition) {
  const std::vector<DebugLayer> layers = distinct_layers("resnet_50", 64);
  EXPECT_GE(layers.size(), 60u);
  EXPECT_EQ(layers.size() % 3, 0u);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    EXPECT_EQ(layers[i].problem.batch, 64);
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(layers[i].problem == layers[j].problem);
  }
  EXPECT_EQ(distinct_layers("resnet_50", 64, "conv1").size(), 3u);
  EXPECT_TRUE(distinct_layers("none", 1).empty());
}

}  // namespace
}  // namespace convcheck
