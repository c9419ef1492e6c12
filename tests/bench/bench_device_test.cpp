// Measuring on a device, with the host as the device.
#include "tools/bench_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <thread>

#include "checker/device/loops.h"
#include "fast/dispatch.h"
#include "tests/unit/host_as_device.h"
#include "tests/unit/planted_backend.h"
#include "tools/bench_report.h"

namespace convcheck {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kLine = "conv2d.forward f32 x=2x2x6x6 w=3x2x3x3 noflip";

// The definition's loops on the device, after a while.
BackendPtr late(const std::string& name, int milliseconds) {
  return planted(
      [milliseconds](const ConvProblem& problem, const Operands& operands) {
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
        run(*device_loops_backend(), problem, operands, {.stream = device_in_use()->stream()});
      },
      name);
}

// Right but for one element.
BackendPtr wrong() {
  return planted(
      [](const ConvProblem& problem, const Operands& operands) {
        run(*device_loops_backend(), problem, operands);
        const TensorView& y = operands.result(problem.direction);
        device::set_number(y.type, y.data, 0, device::number_at(y.type, y.data, 0) + 1);
      },
      "wrong");
}

BackendPtr broken() {
  return planted(
      [](const ConvProblem&, const Operands&) { throw std::runtime_error("no such kernel"); },
      "broken");
}

class OnHostAsDevice : public testing::Test {
 protected:
  std::vector<BenchResult> measured(const std::vector<Contestant>& contestants,
                                    const std::string& line = kLine) {
    return measure_on_device(parse_case(line), contestants, {.rounds = 3}, bench_);
  }

  std::shared_ptr<const HostAsDevice> device_ = std::make_shared<HostAsDevice>();
  DeviceInUse in_use_{device_};
  BenchDevice bench_{.device = device_, .moments = std::make_shared<WallMoments>(), .plans = {}};
};

TEST_F(OnHostAsDevice, ThePeerIsTheFastestPlan) {
  bench_.plans = [](const ConvProblem&, const Operands&) {
    return std::vector<CudnnPlan>{
        {late("slow", 30)}, {broken()}, {late("quick", 3)}, {late("middle", 15)}};
  };
  const auto results = measured({{.backend = late("ours", 12), .role = BenchRole::Ours}});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].backend, "dnn");
  EXPECT_EQ(results[0].role, BenchRole::Peer);
  EXPECT_EQ(results[0].note, "the best of 4 plans: quick");
  EXPECT_DOUBLE_EQ(results[0].ratio_to_best_peer, 1);
  EXPECT_DOUBLE_EQ(results[1].ratio_to_best_peer, results[0].seconds / results[1].seconds);
  EXPECT_LT(results[1].ratio_to_best_peer, 0.9);
  EXPECT_EQ(nlohmann::json::parse(bench_json(results, {}))["results"][0]["note"], results[0].note);
  EXPECT_THAT(bench_summary_by_backend(results), HasSubstr("forward ours: best peer's time over"));
  EXPECT_THAT(bench_summary_by_backend(results), HasSubstr("1 problems"));
  EXPECT_EQ(device_->live(), 0u);
}

// They are faster than the peer, and one is wrong, and one cannot be run: that is no failure of
// ours and nothing that ours is compared with.
TEST_F(OnHostAsDevice, PlansThatBreakClaimsStandBesideInNoRatio) {
  bench_.plans = [](const ConvProblem&, const Operands&) {
    return std::vector<CudnnPlan>{{late("rounding", 9), "+tf32"},
                                  {late("right", 12)},
                                  {late("faster", 3), "+tf32"},
                                  {wrong(), "+transforms"},
                                  {broken(), "+nondeterministic"}};
  };
  const auto results = measured({{.backend = late("ours", 12), .role = BenchRole::Ours}});
  const auto named = [&](const std::string& name) {
    return *std::find_if(results.begin(), results.end(),
                         [&](const BenchResult& one) { return one.backend == name; });
  };
  ASSERT_EQ(results.size(), 5u);
  EXPECT_EQ(results[0].backend, "dnn");
  EXPECT_EQ(results[0].role, BenchRole::Peer);
  EXPECT_DOUBLE_EQ(results[0].ratio_to_best_peer, 1);
  EXPECT_DOUBLE_EQ(named("ours").ratio_to_best_peer, results[0].seconds / named("ours").seconds);
  EXPECT_EQ(named("dnn+tf32").role, BenchRole::Beyond);
  EXPECT_EQ(named("dnn+tf32").note, "the best of 2 plans: faster");
  EXPECT_GT(named("dnn+tf32").ratio_to_best_peer, 1.5);
  EXPECT_GT(named("dnn+transforms").error_in_bounds, 1);
  EXPECT_EQ(named("dnn+nondeterministic").refused, "threw: no such kernel");
  for (const BenchResult& one : results) EXPECT_FALSE(has_failed(one)) << one.backend;
  EXPECT_THAT(bench_table(results), Not(HasSubstr("WRONG")));
  EXPECT_THAT(bench_summary_by_backend(results), Not(HasSubstr("tf32")));
  EXPECT_EQ(nlohmann::json::parse(bench_json(results, {}))["results"][1]["role"], "beyond");
  EXPECT_EQ(device_->live(), 0u);
}

constexpr const char* kUnshared = "conv2d.forward f32 x=2x2x6x6 w=3x4x4x2x3x3 unshared noflip";

TEST_F(OnHostAsDevice, ThePeerOfUnsharedFiltersIsACopyOfAsManyBytes) {
  std::set<std::size_t> copied;
  bench_.plans = [](const ConvProblem&, const Operands&) -> std::vector<CudnnPlan> {
    throw std::runtime_error("asked of what it has not got");
  };
  bench_.copy = [&](void* to, const void* from, std::size_t bytes) {
    EXPECT_TRUE(device_->owns(to, bytes) && device_->owns(from, bytes));
    std::memcpy(to, from, bytes);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    copied.insert(bytes);
  };
  const auto results = measured({{.backend = late("ours", 6)}}, kUnshared);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].backend, "copy");
  EXPECT_EQ(results[0].role, BenchRole::Peer);
  EXPECT_EQ(results[0].refused, "");
  EXPECT_EQ(results[0].gigaflops, 0);
  EXPECT_DOUBLE_EQ(results[1].ratio_to_best_peer, results[0].seconds / results[1].seconds);
  EXPECT_LE(results[1].error_in_bounds, 1);
  constexpr std::size_t kElements = 2 * 2 * 6 * 6 + 3 * 4 * 4 * 2 * 3 * 3 + 2 * 3 * 4 * 4;
  EXPECT_THAT(copied, testing::ElementsAre(4 * kElements / 2));
  EXPECT_EQ(device_->live(), 0u);
}

TEST_F(OnHostAsDevice, ErrorsStandBesideSpeedsInEveryDirectionAndLayout) {
  for (const char* line :
       {kLine, "conv2d.grad_inputs f32 x=2x2x6x6 w=3x2x3x3 border=1",
        "conv2d.grad_weights f16 x=2x2x6x6 w=3x2x3x3", "conv1d.forward f64 x=2x2x9 w=3x2x3",
        "conv2d.forward f32 x=2x4x6x6 w=4x4x3x3 layout=nhwc"}) {
    const auto results = measured({{.backend = device_loops_backend()}}, line);
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].refused, "") << line;
    EXPECT_EQ(results[0].problem, line);
    EXPECT_GT(results[0].gigaflops, 0) << line;
    EXPECT_LE(results[0].error_in_bounds, 1) << line;
  }
}

TEST_F(OnHostAsDevice, AWrongResultAndOneThatIsNotWrittenAreSeen) {
  const auto results =
      measured({{.backend = wrong()},
                {.backend = planted([](const ConvProblem&, const Operands&) {}, "idle")}});
  EXPECT_GT(results[0].error_in_bounds, 1);
  EXPECT_TRUE(has_failed(results[0]) && has_failed(results[1]));
  EXPECT_THAT(bench_table(results), HasSubstr("WRONG"));
  EXPECT_EQ(results[1].error_in_bounds, HUGE_VAL);
}

TEST_F(OnHostAsDevice, WhatThrowsIsAResultWithAReason) {
  const BackendPtr refusing =
      std::make_shared<PlantedBackend>(compute_right, "refusing", Support::no("too odd"));
  bench_.plans = [](const ConvProblem&, const Operands&) -> std::vector<CudnnPlan> {
    throw std::runtime_error("cuDNN is ill");
  };
  const auto results =
      measured({{.backend = broken()}, {.backend = refusing}, {.backend = late("right", 0)}});
  ASSERT_EQ(results.size(), 4u);
  EXPECT_EQ(results[0].refused, "threw: cuDNN is ill");
  EXPECT_EQ(results[1].refused, "threw: no such kernel");
  EXPECT_EQ(results[2].refused, "too odd");
  EXPECT_EQ(results[3].refused, "");
  EXPECT_TRUE(has_failed(results[0]) && has_failed(results[1]));
  EXPECT_FALSE(has_failed(results[2]) || has_failed(results[3]));
  EXPECT_GT(results[3].seconds, 0);
  EXPECT_EQ(results[3].ratio_to_best_peer, 0) << "without a peer";
}

TEST(DeviceContestants, AreTheBackendsForDeviceMemoryAndTheAutomaticChoice) {
  const std::vector<Contestant> all = device_contestants({});
  std::vector<std::string> ours, shown;
  for (const Contestant& one : all) {
    const std::string name = one.name.empty() ? one.backend->name() : one.name;
    (one.role == BenchRole::Ours ? ours : shown).push_back(name);
  }
  std::vector<std::string> expected{"automatic"}, beside;
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.memory != MemoryKind::Cuda) continue;
    (entry.by_name_only ? beside : expected).push_back(entry.name);
  }
  EXPECT_EQ(ours, expected);
  EXPECT_EQ(shown, beside);
  EXPECT_THROW(device_contestants({"none"}), ConvError);
}

TEST(BenchDevice, IsNothingWhereThereIsNoDevice) {
  set_device_source([] { return nullptr; });
  EXPECT_FALSE(bench_device());
  set_device_source({});
}

}  // namespace
}  // namespace convcheck
