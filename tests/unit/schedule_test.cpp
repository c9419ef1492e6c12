#include "checker/schedule.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "checker/run_case.h"
#include "tests/unit/planted_backend.h"
namespace convcheck {
namespace {

TEST(CostOf, AComposedCaseCountsItsWorkAndItsMemory) {
  const auto cost = [](const std::string& line) { return cost_of(parse_case(line), {}); };
  const Cost small = cost("separable_conv2d.forward f32 x=1x2x8x8 dw=4x1x3x3 pw=2x4x1x1");
  const Cost large = cost("separable_conv2d.forward f32 x=1x2x80x80 dw=4x1x3x3 pw=2x4x1x1");
  EXPECT_EQ(small.flops, 2.0 * 2 * 6 * 6 * 4 * 9);
  EXPECT_GE(small.bytes, 4 * (2 * 8 * 8 + 4 * 9 + 2 * 4));
  EXPECT_EQ(large.flops, 2.0 * 2 * 78 * 78 * 4 * 9);
  EXPECT_GT(large.preparing, small.preparing);
  EXPECT_GT(cost("bilinear_upsampling.forward f32 x=1x1x8x8 ratio=4").bytes, 4 * 32 * 32);
  EXPECT_EQ(cost("conv3d2d.forward f32 x=1x7x2x8x8 w=3x3x2x3x3").flops, 2.0 * 5 * 3 * 36 * 54);
}

TEST(MemoryGate, HugeCasesDoNotOverflowItsSum) {
  MemoryGate gate(100);
  gate.enter(INT64_MAX);
  std::atomic<bool> entered = false;
  std::thread other([&] {
    gate.enter(INT64_MAX);
    entered = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(entered);
  gate.leave(INT64_MAX);
  other.join();
  EXPECT_TRUE(entered);
}

TEST(OperandBytes, AreExactOrRefused) {
  Case c = parse_case("conv1d.forward types=f16,f32,f64 x=2x3x5 w=4x3x2");
  EXPECT_EQ(operand_bytes(conv_problem(c), c), 2 * 30 + 4 * 24 + 8 * 32);
  for (const char* line : {"conv1d.forward f32 x=1152921504606846976x2x1 w=1x2x1",
                           "conv1d.forward f64 x=1073741824x1073741824x1 w=1x1073741824x1",
                           "conv1d.forward f32 x=1073741824x1x1073741824 w=1x1x1"}) {
    SCOPED_TRACE(line);
    c = parse_case(line);
    try {
      operand_bytes(conv_problem(c), c);
      ADD_FAILURE() << "counted";
    } catch (const ConvError& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Overflow);
    }
  }
}

TEST(Speed, IsTheSlowestOfTheCasesNotYetForgotten) {
  Speed speed;
  speed.add(2, 1e9);
  EXPECT_EQ(speed.seconds_per_flop(), 2e-9);
  speed.add(1e-6, 1e9);  // too short to tell anything
  speed.add(0.01, 100);  // a library that starts
  EXPECT_EQ(speed.seconds_per_flop(), 2e-9);
  for (int i = 0; i < 100; ++i) speed.add(1, 1e10);
  EXPECT_EQ(speed.seconds_per_flop(), 1e-10);
}

// Its definition looks at every tap for every element of the input, of which nearly all fall outside
// the one output; no backend does.
TEST(Cost, AGradientIsAsMuchWorkAsTheForwardDirection) {
  Case forward = conv_case({1, 2, 40, 40}, {1, 2, 40, 40});
  Case gradient = forward;
  gradient.part = Part::GradInputs;
  EXPECT_EQ(cost_of(gradient, {}).flops, cost_of(forward, {}).flops);
  EXPECT_GT(cost_of(gradient, {}).loops, 100 * cost_of(forward, {}).loops);
}

TEST(Cost, CountsTheOracleTheOperandsAndTheFlops) {
  const Case small = conv_case({1, 8, 10, 10}, {8, 8, 3, 3});
  const Case large = conv_case({64, 8, 10, 10}, {8, 8, 3, 3});
  EXPECT_EQ(cost_of(large, {}).flops, 64 * cost_of(small, {}).flops);
  EXPECT_GT(cost_of(large, {}).bytes, 32 * cost_of(small, {}).bytes);
  EXPECT_GT(cost_of(large, {}).preparing, cost_of(small, {}).preparing);
  Case sampled = large;  // rounded on storing, and so not projected
  sampled.y_type = DataType::BF16;
  sampled.fill = "wide";
  EXPECT_LT(cost_of(sampled, {.taps = 1000}).preparing, cost_of(sampled, {}).preparing);
}

}  // namespace
}  // namespace convcheck
