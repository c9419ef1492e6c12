// Backend dnn_conv on a device: every rule over cases of all kinds, and under every setting of its
// flags. Where there is no device each test says so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "checker/corpus.h"
#include "checker/cuda/cuda_device.h"
#include "checker/device/device.h"
#include "checker/grids.h"
#include "checker/rules/all_rules.h"
#include "checker/schedule.h"
#include "checker/unit_runner.h"
#include "fast/cudnn/algorithms.h"
#include "fast/dispatch.h"
#include "fast/flags.h"
#include "reference/flops.h"

namespace convcheck {
namespace {

BackendPtr dnn_conv() {
  for (const BackendEntry& entry : backends()) {
    if (entry.name == "dnn_conv") return entry.backend;
  }
  return nullptr;
}

class DnnConvOnDevice : public testing::Test {
 protected:
  void SetUp() override {
    // What is measured is kept there, and not among what the user has.
    setenv("XDG_CACHE_HOME", testing::TempDir().c_str(), 1);
    use_cuda_device();
    if (device_in_use() == nullptr) GTEST_SKIP() << why_no_device();
    if (dnn_conv() == nullptr) GTEST_SKIP() << "dnn_conv was not built";
    before_ = flags().values();
  }
  void TearDown() override {
    if (before_) flags().assign(*before_);
  }

  // Counts verdicts; failed and broken ones are failures of the test.
  void judge(const std::vector<Case>& cases, const std::vector<Rule>& rules,
             const std::string& what = "") {
    const Subjects subjects{.backends = {dnn_conv()}, .rules = rules};
    const auto runner = in_process_runner(subjects);
    std::vector<Unit> units;
    for (std::size_t rule = 0; rule < rules.size(); ++rule) units.push_back({0, rule});
    for (const Case& c : cases) {
      runner->run(c, units, [&](const UnitResult& result) {
        const Verdict& verdict = result.verdict;
        ++counts_[verdict.outcome];
        EXPECT_TRUE(verdict.outcome != Outcome::Failed && verdict.outcome != Outcome::Broken)
            << rules[result.unit.rule].name << " " << to_string(c) << " " << what << ": "
            << verdict.reason;
        if (verdict.outcome == Outcome::Skipped) ++reasons_[verdict.reason];
      });
    }
  }

  std::optional<FlagValues> before_;
  std::map<Outcome, int> counts_;
  std::map<std::string, int> reasons_;
};

std::vector<Case> read(const std::vector<const char*>& lines) {
  std::vector<Case> cases;
  for (const char* line : lines) cases.push_back(read_case(line));
  return cases;
}

// The part of the built-in grids that dnn_conv does, thinned out.
std::vector<Case> some_cases(std::size_t every, double most_flops) {
  std::vector<Case> some;
  std::size_t number = 0;
  for (const Grid& grid : all_grids()) {
    for (const Case& c : grid.cases) {
      if (c.function != Function::Conv || c.unshared) continue;
      if (number++ % every == 0 && flops(conv_problem(c)) <= most_flops) some.push_back(c);
    }
  }
  return some;
}

std::vector<Rule> rules_named(const std::vector<std::string>& names) {
  std::vector<Rule> some;
  for (const Rule& rule : all_rules()) {
    if (std::find(names.begin(), names.end(), rule.name) != names.end()) some.push_back(rule);
  }
  return some;
}

TEST_F(DnnConvOnDevice, IsRightOnCasesOfEveryGrid) {
  judge(some_cases(61, 3e5), rules_named({"value"}));
  EXPECT_GT(counts_[Outcome::Passed], 700);
  EXPECT_EQ(counts_[Outcome::Skipped], 0) << testing::PrintToString(reasons_);
}

TEST_F(DnnConvOnDevice, HoldsEveryRule) {
  judge(read({
            "conv2d.forward f32 x=2x4x9x8 w=6x2x3x2 border=1,(0,2) dilation=1x2 groups=2",
            "conv2d.grad_inputs f32 x=2x4x9x8 w=6x2x3x2 border=1,(0,2) groups=2 subsample=2x1",
            "conv2d.grad_weights f32 x=2x4x9x8 w=6x2x3x2 border=1,(2,0) groups=2 noflip",
            "conv2d.forward f64 x=2x3x7x6 w=4x3x3x3 border=half layout=reversed",
            "conv2d.grad_weights f64 x=2x3x7x6 w=4x3x3x3 layout=gaps noflip",
            "conv2d.grad_inputs f16 x=1x8x6x5 w=8x1x3x3 border=1 groups=8 layout=offset-2",
            "conv2d.forward bf16 x=1x5x7x6 w=4x5x3x3 layout=nhwc,offset-6 noflip",
            "conv3d.forward f32 x=1x2x4x5x4 w=3x2x2x3x2 border=1,0,1 dilation=2x1x1",
            "conv3d.grad_inputs f64 x=1x2x4x5x4 w=3x2x2x3x2 border=(1,0),0,(0,2)",
            "conv3d.grad_weights f16 x=1x2x4x5x4 w=3x2x2x3x2 subsample=2x1x2 noflip",
            "conv1d.forward f32 x=2x4x17 w=4x4x5 subsample=3 border=(3,1) layout=subview",
            "conv1d.grad_inputs bf16 x=2x4x17 w=4x4x5 dilation=3 layout=permuted",
            "conv1d.grad_weights f64 x=2x4x17 w=4x4x5 subsample=3 noflip layout=x-reversed",
            "conv2d.forward f32 x=0x3x6x7 w=4x3x3x3",
            "conv2d.grad_weights f16 x=2x0x6x7 w=4x0x3x3",
        }),
        all_rules());
  EXPECT_GT(counts_[Outcome::Passed], 120);
  EXPECT_EQ(counts_[Outcome::Skipped], 0) << testing::PrintToString(reasons_);
}

struct FlagOf {
  Direction direction;
  const char* flag;
  std::vector<const char*> lines;
};

const std::vector<FlagOf>& algorithm_flags() {
  static const std::vector<FlagOf> all{
      {Direction::Forward,
       "dnn.conv.algo_fwd",
       {"conv2d.forward f32 x=2x4x9x8 w=6x4x3x3 border=1",
        "conv3d.forward f16 x=1x2x4x5x4 w=3x2x2x3x2",
        "conv2d.forward f64 x=2x3x7x6 w=3x1x3x3 groups=3 border=(1,2),0 fill=real"}},
      {Direction::GradInputs,
       "dnn.conv.algo_bwd_data",
       {"conv2d.grad_inputs f32 x=2x4x9x8 w=6x4x3x3 border=1 fill=real",
        "conv2d.grad_inputs bf16 x=2x4x9x8 w=6x2x3x2 groups=2 subsample=2 layout=y-reversed"}},
      {Direction::GradWeights,
       "dnn.conv.algo_bwd_filter",
       {"conv2d.grad_weights f32 x=2x4x9x8 w=6x4x3x3 border=1 fill=real",
        "conv1d.grad_weights f64 x=2x4x17 w=4x4x5 border=(0,3) noflip layout=offset-8"}}};
  return all;
}

TEST_F(DnnConvOnDevice, IsRightByEveryAlgorithm) {
  const std::vector<Rule> rules = rules_named({"value", "repeat", "workspace", "output_unread"});
  for (const FlagOf& one : algorithm_flags()) {
    for (const std::string_view name : cudnn::algorithm_names(one.direction)) {
      flags().assign(*before_);
      flags().set(std::string(one.flag) + "=" + std::string(name));
      judge(read(one.lines), rules, std::string(name));
    }
  }
  EXPECT_GT(counts_[Outcome::Passed], 250);
  EXPECT_EQ(counts_[Outcome::Skipped], 0) << testing::PrintToString(reasons_);
}

TEST_F(DnnConvOnDevice, IsRightInEveryPrecisionOrRefusesIt) {
  const std::vector<Rule> rules = rules_named({"value", "repeat"});
  for (const std::string_view precision : cudnn::precision_names()) {
    flags().assign(*before_);
    flags().set("dnn.conv.precision=" + std::string(precision));
    for (const DataType type : kAllDataTypes) {
      counts_.clear();
      Case c = read_case("conv2d.forward f32 x=2x4x9x8 w=6x2x3x2 border=1,(0,2) groups=2");
      c.x_type = c.w_type = c.y_type = type;
      judge({c}, rules, std::string(precision));
      const DataType sums = cudnn::arithmetic_of(type, precision).sums;
      const bool has = sums == type || (sums == DataType::F32 && type != DataType::F64);
      EXPECT_EQ(counts_[Outcome::Passed] > 0, has) << precision << " " << to_string(type);
      EXPECT_EQ(counts_[Outcome::Skipped] > 0, !has) << precision << " " << to_string(type);
    }
  }
}

}  // namespace
}  // namespace convcheck
