#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checker/schedule.h"
#include "tests/unit/planted_backend.h"
#include "tools/bench_measure.h"
#include "tools/bench_report.h"
#include "tools/bench_sets.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kLine = "conv2d.forward f32 x=1x2x6x6 w=3x2x3x3 noflip";

std::vector<BenchResult> measured(const std::vector<Contestant>& contestants,
                                  const std::string& line = kLine) {
  return measure(parse_case(line), contestants, {.threads = 1, .rounds = 3});
}

BackendPtr twice_the_truth() {
  return planted(
      [](const ConvProblem& problem, const Operands& operands) {
        compute_right(problem, operands);
        const TensorView& result = operands.result(problem.direction);
        result.set(Index(result.rank(), 0), 2 * result.at(Index(result.rank(), 0)) + 1);
      },
      "twice");
}

TEST(Bench, SpeedsStandBesideErrorsAndRatiosToTheBestPeer) {
  const std::vector<BenchResult> results =
      measured({{.backend = right_backend(), .role = BenchRole::Ours},
                {.backend = twice_the_truth(), .role = BenchRole::Peer}});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].direction, "forward");
  EXPECT_EQ(results[0].problem, kLine);
  EXPECT_GT(results[0].seconds, 0);
  EXPECT_NEAR(results[0].gigaflops * results[0].seconds * 1e9, 2 * 3 * 2 * 9 * 16, 1e-3);
  EXPECT_LE(results[0].error_in_bounds, 1);
  EXPECT_GT(results[1].error_in_bounds, 1);
  EXPECT_DOUBLE_EQ(results[0].ratio_to_best_peer, results[1].seconds / results[0].seconds);
  EXPECT_DOUBLE_EQ(results[1].ratio_to_best_peer, 1);
}

TEST(Bench, AStandInCountsOnlyWhereThereIsNoPeer) {
  const Contestant ours{.backend = right_backend(), .role = BenchRole::Ours},
      stand_in{.backend = right_backend(), .role = BenchRole::StandIn, .name = "stand-in"},
      peer{.backend = right_backend(), .role = BenchRole::Peer, .name = "peer"},
      shown{
          .backend = right_backend(), .role = BenchRole::Shown, .name = "shown", .own_seconds = [] {
            return 1e-12;
          }};
  std::vector<BenchResult> results = measured({ours, stand_in, shown});
  EXPECT_DOUBLE_EQ(results[1].ratio_to_best_peer, 1);
  EXPECT_DOUBLE_EQ(results[2].seconds, 1e-12);
  results = measured({ours, stand_in, peer, shown});
  EXPECT_DOUBLE_EQ(results[2].ratio_to_best_peer, 1);
  results = measured({ours});
  EXPECT_EQ(results[0].ratio_to_best_peer, 0);
}

TEST(Bench, RefusalsAreResultsWithAReason) {
  const BackendPtr refusing =
      std::make_shared<PlantedBackend>(compute_right, "refusing", Support::no("too odd"));
  const std::vector<BenchResult> results = measured({{.backend = refusing}});
  EXPECT_EQ(results[0].refused, "too odd");
  EXPECT_THAT(bench_table(results), HasSubstr("refused: too odd"));
  const nlohmann::json row = nlohmann::json::parse(bench_json(results, {}))["results"][0];
  EXPECT_EQ(row["refused"], "too odd");
  EXPECT_FALSE(row.contains("seconds"));
}

TEST(Bench, ProcessorTimeIsNotOfABackendThatTimesItself) {
  const std::vector<BenchResult> results =
      measure(parse_case(kLine),
              {{.backend = right_backend()},
               {.backend = right_backend(), .name = "its own", .own_seconds = [] { return 1.0; }}},
              {.threads = 1, .rounds = 1, .processor_time = true});
  EXPECT_EQ(results[0].refused, "");
  EXPECT_NE(results[1].refused, "");
}

TEST(Bench, UnsharedFiltersAreComparedWithCopying) {
  const std::vector<BenchResult> results =
      measured({{.backend = right_backend()}}, "conv1d.forward f32 x=1x2x8 w=2x6x2x3 unshared");
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].backend, "copy");
  EXPECT_GT(results[0].ratio_to_best_peer, 0);
}

TEST(Bench, JsonHasTheDocumentedFields) {
  BenchResult one{.problem = "p", .direction = "forward", .backend = "b"};
  one.seconds = 0.5, one.gigaflops = 2, one.error_in_bounds = 0.25, one.ratio_to_best_peer = 1.5;
  BenchResult alone = one;
  alone.ratio_to_best_peer = 0;
  alone.error_in_bounds = HUGE_VAL;
  const nlohmann::json all = nlohmann::json::parse(bench_json({one, alone}, {.threads = 3}));
  EXPECT_EQ(all["threads"], 3);
  EXPECT_EQ(all["results"][0], (nlohmann::json{{"problem", "p"},
                                               {"direction", "forward"},
                                               {"backend", "b"},
                                               {"role", "ours"},
                                               {"seconds", 0.5},
                                               {"gflops", 2.0},
                                               {"error_in_bounds", 0.25},
                                               {"ratio_to_best_peer", 1.5}}));
  EXPECT_TRUE(all["results"][1]["ratio_to_best_peer"].is_null());
  EXPECT_TRUE(all["results"][1]["error_in_bounds"].is_null());
}

TEST(Bench, TheSummaryTakesTheBestOfOursForEachProblem) {
  const auto result = [](const std::string& problem, const std::string& backend, double ratio) {
    BenchResult one{.problem = problem, .direction = "forward", .backend = backend};
    one.ratio_to_best_peer = ratio;
    return one;
  };
  const std::string text = bench_summary(
      {result("p", "a", 1), result("p", "b", 2), result("q", "a", 8), result("q", "b", 0.5)});
  EXPECT_THAT(text, AllOf(HasSubstr("geometric mean 4.00"), HasSubstr("least 2.00"),
                          HasSubstr("2 problems"), Not(HasSubstr("transforms"))));
  EXPECT_EQ(bench_summary({result("p", "a", 0)}), "") << "without peers";
}

TEST(BenchTable, AnErrorBeyondTheBoundIsCalledWrong) {
  BenchResult one{.problem = "p", .direction = "forward", .backend = "b"};
  one.gigaflops = 1;
  one.error_in_bounds = 0.5;
  EXPECT_THAT(bench_table({one}), Not(HasSubstr("WRONG")));
  one.error_in_bounds = 1.5;
  EXPECT_THAT(bench_table({one}), HasSubstr("1.5 WRONG"));
  one.error_in_bounds = NAN;
  EXPECT_THAT(bench_table({one}), HasSubstr("WRONG"));
}

TEST(BenchSets, HoldProblemsOfOneConvolution) {
  for (const BenchSet& set : bench_sets()) {
    const std::vector<Case> cases = bench_cases(set.name, 20, 4);
    EXPECT_GE(cases.size(), 4u) << set.name;
    for (const Case& c : cases) {
      EXPECT_TRUE(is_one_problem(c)) << to_string(c);
      EXPECT_NO_THROW(validate(conv_problem(c))) << to_string(c);
    }
  }
  EXPECT_EQ(bench_cases("imagenet", 0, 8).size(), 12u);
  EXPECT_EQ(bench_cases("layers", 100, 8).size(), 100u);
  EXPECT_GT(bench_cases("layers", 0, 8).size(), 700u);
  for (const Case& c : bench_cases("layers", 0, 8)) EXPECT_LE(c.x[0], 8);
  for (const Case& c : bench_cases("f64", 0, 8)) EXPECT_EQ(c.x_type, DataType::F64);
}

TEST(BenchSets, AnUnknownOneIsRefusedWithTheOthers) {
  try {
    bench_cases("imagnet", 0, 8);
    ADD_FAILURE() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("imagnet"), HasSubstr("sequence")));
  }
}

}  // namespace
}  // namespace convcheck
