#include "fast/profile.h"

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "fast/conv.h"
#include "fast/flags.h"
#include "tests/unit/composed.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

// The flag for one test, and its counts alone.
class ProfileTest : public testing::Test {
 protected:
  void SetUp() override {
    clear_profile();
    flags().set("profile=True");
  }
  void TearDown() override {
    flags().assign(before_);
    clear_profile();
  }

  FlagValues before_ = flags().values();
  Tensor x_ = counting({2, 1, 8}), w_ = counting({3, 1, 2}), larger_ = counting({2, 1, 80});
};

TEST_F(ProfileTest, CountsCallsOfEveryDistinctProblem) {
  conv1d(x_, w_);
  conv1d(x_, w_);
  conv1d(larger_, w_);
  const std::vector<ProfileRow> rows = profile_rows();
  ASSERT_EQ(rows.size(), 2u);
  const ProfileRow& twice = rows[rows[0].calls == 2 ? 0 : 1];
  EXPECT_EQ(twice.calls, 2);
  EXPECT_EQ(twice.problem, "conv1d.forward f64 x=2x1x8 w=3x1x2");
  EXPECT_EQ(twice.flops, 2 * 2 * 3 * 2 * 7);
  EXPECT_GT(twice.seconds, 0);
  EXPECT_EQ(twice.choosing, 0);
  EXPECT_GE(rows[0].seconds, rows[1].seconds);
}

TEST_F(ProfileTest, TellsWhatWasChosenAndWhy) {
  conv1d(x_, w_);
  EXPECT_EQ(profile_rows()[0].why, "the least cost by rule");
  EXPECT_NE(profile_rows()[0].backend, "automatic");
  clear_profile();
  conv1d(x_, w_, {}, backend_named("reference"));
  EXPECT_EQ(profile_rows()[0].backend, "reference");
  EXPECT_EQ(profile_rows()[0].why, "by name");
}

TEST_F(ProfileTest, SeesThroughDebugMode) {
  flags().set("mode=DebugMode,DebugMode.report=False");
  conv1d(x_, w_);
  ASSERT_EQ(profile_rows().size(), 1u);
  EXPECT_EQ(profile_rows()[0].why, "the least cost by rule");
}

TEST_F(ProfileTest, MeasuringIsToldApartFromComputing) {
  const std::string folder = testing::TempDir() + "convcheck_profile_test";
  setenv("XDG_CACHE_HOME", folder.c_str(), 1);
  flags().set("optimizer_including=conv_meta,threads=1");
  conv1d(x_, w_);
  const ProfileRow row = profile_rows().at(0);
  EXPECT_THAT(row.why, HasSubstr("measured"));
  EXPECT_GT(row.choosing, row.seconds);
  std::filesystem::remove_all(folder);
}

TEST_F(ProfileTest, ReportsALineForEach) {
  conv1d(x_, w_, {}, backend_named("reference"));
  EXPECT_THAT(profile_report(),
              AllOf(HasSubstr("1 calls of 1 distinct problems"), HasSubstr("GFLOP/s"),
                    HasSubstr("reference (by name)  conv1d.forward f64 x=2x1x8 w=3x1x2\n")));
}

TEST_F(ProfileTest, CallsThatThrowAreNotCounted) {
  const BackendPtr throwing =
      planted([](const ConvProblem&, const Operands&) { throw std::runtime_error("no luck"); });
  EXPECT_THROW(conv1d(x_, w_, {}, throwing), std::runtime_error);
  EXPECT_THAT(profile_rows(), IsEmpty());
  EXPECT_EQ(profile_report(), "");
}

TEST_F(ProfileTest, CountsFromSeveralThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 25; ++call) conv1d(x_, w_);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(profile_rows().size(), 1u);
  EXPECT_EQ(profile_rows()[0].calls, 100);
}

TEST_F(ProfileTest, SwitchedOffNothingIsCounted) {
  flags().set("profile=False");
  conv1d(x_, w_);
  EXPECT_THAT(profile_rows(), IsEmpty());
}

TEST(ProfileDeathTest, IsPrintedWhenTheProgramEnds) {
  EXPECT_EXIT(
      {
        flags().set("profile=True");
        conv1d(counting({2, 1, 8}), counting({3, 1, 2}));
        std::exit(0);
      },
      testing::ExitedWithCode(0), "convcheck profile: 1 calls");
}

}  // namespace
}  // namespace convcheck
