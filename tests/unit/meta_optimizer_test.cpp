#include "fast/meta_optimizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "checker/verify.h"
#include "fast/choice.h"
#include "fast/conv.h"
#include "fast/measure_candidates.h"
#include "fast/reexpressed.h"
#include "reference/reference_backend.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

namespace files = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void wait(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

// The definition, so many milliseconds later.
BackendPtr slow(const std::string& name, int milliseconds) {
  return planted(
      [=](const ConvProblem& problem, const Operands& operands) {
        wait(milliseconds);
        compute_right(problem, operands);
      },
      name);
}

// At once, and wrong: nothing is written.
BackendPtr wrong() {
  return planted([](const ConvProblem&, const Operands&) {}, "wrong");
}

struct Setting {
  ConvProblem problem = make_problem(Direction::Forward, {2, 3, 6, 5}, {4, 3, 3, 2}, {});
  Tensor x{{2, 3, 6, 5}}, w{{4, 3, 3, 2}}, y{{2, 4, 4, 4}};
  MetaMemory memory{TuningTable("")};
  std::vector<std::string> log;

  Operands operands() const { return {x, w, y}; }
  BackendPtr choose(const std::vector<BackendPtr>& candidates, int verbose = 0,
                    const BackendPtr& usual = reference_backend()) {
    return meta_optimizer(
        candidates, usual,
        {.verbose = verbose, .log = [this](const std::string& line) { log.push_back(line); }},
        memory);
  }
  Choice choice(const BackendPtr& backend) {
    Choice choice;
    const ChoiceListener listener(choice);
    run(*backend, problem, operands());
    return choice;
  }
};

TEST(MetaOptimizer, TheFastestIsChosen) {
  Setting setting;
  const Choice choice = setting.choice(setting.choose({slow("slow", 8), slow("fast", 1)}));
  EXPECT_EQ(choice.backend, "fast");
  EXPECT_THAT(choice.why, AllOf(HasSubstr("measured"), HasSubstr("next slow")));
  EXPECT_GT(choice.seconds, 0.01);
  EXPECT_THAT(setting.log, IsEmpty());
}

TEST(MetaOptimizer, AWrongCandidateIsReportedAndNeverChosenHoweverFast) {
  Setting setting;
  const BackendPtr chooser = setting.choose({wrong(), slow("right", 3)});
  EXPECT_EQ(setting.choice(chooser).backend, "right");
  ASSERT_EQ(setting.log.size(), 1u);
  EXPECT_THAT(setting.log[0], AllOf(HasSubstr("wrong is wrong"), HasSubstr("conv2d.forward")));
}

TEST(MetaOptimizer, WhereAllAreWrongTheUsualChoiceComputes) {
  Setting setting;
  setting.x.set({0, 0, 0, 0}, 2);
  setting.w.set({0, 0, 2, 1}, 3);  // flipped: over x[0,0,0,0] at y[0,0,0,0]
  const BackendPtr chooser = setting.choose({wrong()});
  EXPECT_EQ(setting.choice(chooser).backend, "") << "nothing was chosen";
  EXPECT_EQ(setting.y.at({0, 0, 0, 0}), 6);
}

TEST(MetaOptimizer, AlwaysFlippingFramesAreNeverChosenWhereTheyAreWrong) {
  Setting setting;
  setting.problem =
      make_problem(Direction::Forward, {1, 1, 4, 4, 4}, {1, 1, 2, 2, 2}, {.filter_flip = false});
  setting.x = Tensor({1, 1, 4, 4, 4});
  setting.w = Tensor({1, 1, 2, 2, 2});
  setting.y = Tensor({1, 1, 3, 3, 3});
  const BackendPtr always_flips = planted(
      [](ConvProblem problem, const Operands& operands) {
        problem.flip = true;
        run(*by_frames(reference_backend()), problem, operands);
      },
      "theanos");
  const BackendPtr chooser = setting.choose({always_flips, by_frames(slow("ours", 1))});
  EXPECT_EQ(setting.choice(chooser).backend, "ours-conv3d2d");
  EXPECT_THAT(setting.log, ElementsAre(HasSubstr("theanos is wrong")));
  setting.problem.flip = true;
  EXPECT_EQ(setting.choice(chooser).backend, "theanos") << "which is right with flip, and faster";
}

TEST(MetaOptimizer, ACandidateThatThrowsOrRefusesIsLeftOut) {
  Setting setting;
  const BackendPtr throws = planted(
      [](const ConvProblem&, const Operands&) { throw std::runtime_error("no luck"); }, "throws");
  const BackendPtr refuses =
      std::make_shared<PlantedBackend>(compute_right, "refuses", Support::no("too odd"));
  const BackendPtr chooser = setting.choose({throws, refuses, slow("right", 1)}, 1);
  EXPECT_EQ(setting.choice(chooser).backend, "right");
  std::string all;
  for (const std::string& line : setting.log) all += line + "\n";
  EXPECT_THAT(all, AllOf(HasSubstr("throws is wrong"), HasSubstr("refuses: too odd"),
                         HasSubstr("chosen: right")));
}

// It is right as often as it is verified, and fails in the first call or a later one that is timed.
TEST(MetaOptimizer, ACandidateThatThrowsWhileItIsTimedOnlyLoses) {
  for (const int good : {0, 2, 5}) {
    Setting setting;
    int calls = 0, most = INT_MAX;
    const BackendPtr fails = planted(
        [&](const ConvProblem& problem, const Operands& operands) {
          if (calls++ >= most) throw std::runtime_error("no luck");
          compute_right(problem, operands);
        },
        "fails");
    ASSERT_EQ(verify_backend(*fails, setting.problem, setting.operands()).outcome, Outcome::Passed);
    most = 2 * calls + good;
    EXPECT_EQ(setting.choice(setting.choose({fails, slow("right", 2)}, 1)).backend, "right");
    EXPECT_THAT(setting.log, testing::Contains(HasSubstr("fails: threw: no luck"))) << good;
    EXPECT_EQ(calls, most + 1) << "and is not called again";
  }
}

TEST(MetaOptimizer, AProblemIsMeasuredOnceEvenByManyThreads) {
  Setting setting;
  std::atomic<int> calls = 0;
  const BackendPtr counting = planted(
      [&](const ConvProblem& problem, const Operands& operands) {
        ++calls;
        compute_right(problem, operands);
      },
      "counting");
  const BackendPtr chooser = setting.choose({counting});
  run(*chooser, setting.problem, setting.operands());
  const int first = calls;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Tensor y({2, 4, 4, 4});
      run(*chooser, setting.problem, {setting.x, setting.w, y});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls, first + 4);
}

TEST(MetaOptimizer, EmptyCallsAreNotMeasured) {
  Setting setting;
  setting.problem = make_problem(Direction::Forward, {0, 3, 6, 5}, {4, 3, 3, 2}, {});
  setting.x = Tensor({0, 3, 6, 5});
  setting.y = Tensor({0, 4, 4, 4});
  EXPECT_EQ(setting.choice(setting.choose({slow("right", 1)}, 1)).backend, "");
  EXPECT_THAT(setting.log, IsEmpty());
}

class Kept : public testing::Test {
 protected:
  void SetUp() override { files::remove_all(folder_); }
  void TearDown() override { files::remove_all(folder_); }

  Choice choice_of_a_new_process(const std::vector<BackendPtr>& candidates) {
    Setting setting;
    MetaMemory memory{TuningTable(folder_)};
    const BackendPtr chooser =
        meta_optimizer(candidates, reference_backend(), {.log = [](const std::string&) {}}, memory);
    return setting.choice(chooser);
  }

  std::string folder_ = testing::TempDir() + "convcheck_meta_test";
};

TEST_F(Kept, TheNextProcessUsesWhatWasFoundOut) {
  EXPECT_EQ(choice_of_a_new_process({slow("a", 1), slow("b", 6)}).backend, "a");
  EXPECT_EQ(choice_of_a_new_process({slow("a", 6), slow("b", 1)}).backend, "a") << "as it is kept";
}

TEST_F(Kept, AnotherSetOfCandidatesIsMeasuredAnew) {
  EXPECT_EQ(choice_of_a_new_process({slow("a", 1), slow("b", 6)}).backend, "a");
  EXPECT_EQ(choice_of_a_new_process({slow("b", 6)}).backend, "b");
}

TEST_F(Kept, AWinnerThatIsWrongByNowIsNotUsed) {
  EXPECT_EQ(choice_of_a_new_process({slow("wrong", 1), slow("b", 6)}).backend, "wrong");
  EXPECT_EQ(choice_of_a_new_process({wrong(), slow("b", 6)}).backend, "b");
}

TEST(MetaCandidates, CountTheirTagsAsDocumented) {
  BackendEntry gemm{.name = "gemm", .backend = slow("gemm", 0), .tags = {"conv_gemm"}};
  BackendEntry winograd{.name = "winograd",
                        .backend = slow("winograd", 0),
                        .tags = {"conv_winograd"},
                        .by_name_only = true};
  BackendEntry peer{.name = "onednn",
                    .backend = slow("onednn", 0),
                    .tags = {"conv_onednn"},
                    .by_name_only = true};
  BackendEntry absent{.name = "absent", .backend = nullptr, .reason = "not here"};
  BackendEntry last{.name = "reference", .backend = reference_backend()};
  const std::vector<Candidate> all = meta_candidates({gemm, winograd, peer, absent, last});
  const auto names = [&](const std::string& flags) {
    std::vector<std::string> found;
    for (const BackendPtr& one : chosen_candidates(all, Flags(flags).values())) {
      found.push_back(one->name());
    }
    return found;
  };
  EXPECT_THAT(names(""), ElementsAre("gemm", "gemm-exchanged", "gemm-transposed", "gemm-conv3d2d",
                                     "winograd"));
  EXPECT_THAT(names("optimizer_excluding=conv_winograd,metaopt.optimizer_including=conv_winograd"),
              Not(testing::Contains("winograd")));
  EXPECT_THAT(names("metaopt.optimizer_excluding=alternative"), ElementsAre("gemm", "winograd"));
  EXPECT_THAT(names("metaopt.optimizer_excluding=conv3d2d"),
              Not(testing::Contains("gemm-conv3d2d")));
  EXPECT_THAT(names("metaopt.optimizer_including=conv_onednn"), testing::Contains("onednn"));
  EXPECT_THAT(names("metaopt.optimizer_excluding=conv_gemm"), ElementsAre("winograd"));
  EXPECT_THAT(
      names("metaopt.optimizer_excluding=conv_gemm,metaopt.optimizer_including=alternative"),
      ElementsAre("gemm-exchanged", "gemm-transposed", "gemm-conv3d2d", "winograd"))
      << "a default that is also included survives one exclusion";
}

TEST(MetaOptimizer, TheFlagSwitchesItOnForAllCalls) {
  const std::string folder = testing::TempDir() + "convcheck_meta_flag_test";
  setenv("XDG_CACHE_HOME", folder.c_str(), 1);  // read at the process's first use
  const FlagValues before = flags().values();
  flags().set("optimizer_including=conv_meta,threads=1");
  EXPECT_EQ(automatic()->name(), "conv_meta");
  const Tensor x({1, 1, 3}, {1, 2, 3}), w({1, 1, 2}, {1, 2});
  EXPECT_THAT(conv1d(x, w).values(), ElementsAre(4, 7));
  flags().assign(before);
  EXPECT_EQ(automatic()->name(), "automatic");
  files::remove_all(folder);
}

TEST(MetaOptimizer, ClaimsWhatAllOfThemHold) {
  Setting setting;
  Claims claims = setting.choose({slow("a", 0)})->claims();
  EXPECT_EQ(claims.algorithm, Claims::Algorithm::ClassicalSum);
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.name != "winograd") continue;
    claims = setting.choose({slow("a", 0), entry.backend})->claims();
    EXPECT_EQ(claims.algorithm, Claims::Algorithm::Transform);
    EXPECT_EQ(claims.amplification, entry.backend->claims().amplification);
  }
}

}  // namespace
}  // namespace convcheck
