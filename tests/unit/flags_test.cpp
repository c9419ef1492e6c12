#include "fast/flags.h"

#include <cstdlib>

#include "tests/unit/composed.h"

namespace convcheck {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string expectation_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ConvError& error) {
    return error.expected();
  }
  return "nothing, it was accepted";
}

TEST(Flags, DefaultsExcludeNothingAndUseAllThreads) {
  const Flags flags;
  EXPECT_THAT(flags.optimizer_excluding(), IsEmpty());
  EXPECT_EQ(flags.threads(), 0);
}

TEST(Flags, TextSetsNamedValues) {
  const Flags flags("optimizer_excluding=conv_gemm:conv_dnn,threads=2");
  EXPECT_THAT(flags.optimizer_excluding(), ElementsAre("conv_gemm", "conv_dnn"));
  EXPECT_EQ(flags.threads(), 2);
  EXPECT_EQ(Flags(" threads = 3 ,, optimizer_excluding = cudnn : ").values(),
            (FlagValues{{"cudnn"}, 3}));
}

TEST(Flags, WhatIsNotNamedStaysAndTheLastSettingCounts) {
  Flags flags("optimizer_excluding=conv_gemm,threads=2");
  flags.set("threads=4,threads=5");
  EXPECT_EQ(flags.values(), (FlagValues{{"conv_gemm"}, 5}));
  flags.set("optimizer_excluding=");
  EXPECT_EQ(flags.values(), (FlagValues{{}, 5}));
  flags.set("");
  EXPECT_EQ(flags.threads(), 5);
}

TEST(Flags, AnUnknownFlagIsRefusedWithTheKnownOnes) {
  const auto set = [] { Flags("no_such_flag=1"); };
  expect_refusal(ErrorKind::Flag, "flag", set);
  EXPECT_EQ(expectation_of(set),
            "optimizer_excluding, optimizer_including, metaopt.optimizer_excluding, "
            "metaopt.optimizer_including, metaopt.verbose, profile, threads, dnn.enabled, "
            "dnn.conv.algo_fwd, dnn.conv.algo_bwd_data, dnn.conv.algo_bwd_filter, "
            "dnn.conv.precision, mode or DebugMode.NAME");
}

TEST(Flags, AnUnknownTagIsRefusedWithTheKnownOnes) {
  const auto set = [] { Flags("optimizer_excluding=conv_gemm:conv_fft"); };
  expect_refusal(ErrorKind::Flag, "optimizer_excluding", set);
  EXPECT_EQ(expectation_of(set), "conv_gemm, conv_winograd, conv_dnn or cudnn");
  expect_refusal(ErrorKind::Flag, "optimizer_excluding", [] { Flags().assign({{"fast"}, 0}); });
}

TEST(Flags, ThreadsAreAWholeNumber) {
  for (const char* value : {"-1", "two", "1.5", "", "99999999999", "1 2"}) {
    SCOPED_TRACE(value);
    expect_refusal(ErrorKind::Flag, "threads", [&] { Flags("threads=" + std::string(value)); });
  }
  expect_refusal(ErrorKind::Flag, "threads", [] { Flags().assign({{}, -1}); });
}

TEST(Flags, AnItemWithoutAValueIsRefused) {
  expect_refusal(ErrorKind::Syntax, "flags", [] { Flags("threads"); });
}

TEST(Flags, ARefusedTextChangesNothing) {
  Flags flags("threads=2");
  for (const char* text : {"threads=3,no_such_flag=1", "threads=3,threads", "threads=3,threads=-1",
                           "threads=3,optimizer_excluding=x"}) {
    EXPECT_THROW(flags.set(text), ConvError) << text;
    EXPECT_EQ(flags.values(), (FlagValues{{}, 2})) << text;
  }
}

// Each test is a process of its own under ctest; run together, the first use of flags() is here.
TEST(FlagsOfTheProcess, AreReadFromTheEnvironmentOnceItCanBeRead) {
  setenv("CONVCHECK_FLAGS", "no_such_flag=1", 1);
  expect_refusal(ErrorKind::Flag, "flag", [] { flags(); });
  setenv("CONVCHECK_FLAGS", "threads=3", 1);
  EXPECT_EQ(flags().threads(), 3);
  setenv("CONVCHECK_FLAGS", "threads=4", 1);
  EXPECT_EQ(flags().threads(), 3);
}

TEST(Flags, TheMetaOptimizerHasTagsOfItsOwn) {
  Flags flags(
      "optimizer_including=conv_meta,metaopt.optimizer_excluding=alternative:conv_gemm,"
      "metaopt.optimizer_including=conv_onednn,metaopt.verbose=1");
  EXPECT_THAT(flags.values().optimizer_including, ElementsAre("conv_meta"));
  EXPECT_THAT(flags.values().metaopt_excluding, ElementsAre("alternative", "conv_gemm"));
  EXPECT_THAT(flags.values().metaopt_including, ElementsAre("conv_onednn"));
  EXPECT_EQ(flags.values().metaopt_verbose, 1);
  expect_refusal(ErrorKind::Flag, "optimizer_including",
                 [&] { flags.set("optimizer_including=conv_gemm"); });
  expect_refusal(ErrorKind::Flag, "metaopt.optimizer_excluding",
                 [&] { flags.set("metaopt.optimizer_excluding=conv_meta"); });
  expect_refusal(ErrorKind::Flag, "metaopt.optimizer_including",
                 [&] { flags.set("metaopt.optimizer_including=fft"); });
  expect_refusal(ErrorKind::Flag, "metaopt.verbose", [&] { flags.set("metaopt.verbose=-1"); });
  expect_refusal(ErrorKind::Flag, "metaopt.verbose", [&] { flags.set("metaopt.verbose=True"); });
}

TEST(Flags, CudnnsAlgorithmsHaveTheDocumentationsNames) {
  const Flags flags(
      "dnn.conv.algo_fwd=time_once,dnn.conv.algo_bwd_data=deterministic,"
      "dnn.conv.algo_bwd_filter=guess_on_shape_change,dnn.conv.precision=as_input,dnn.enable=True");
  EXPECT_EQ(flags.values().dnn_conv_algo_fwd, "time_once");
  EXPECT_EQ(flags.values().dnn_conv_algo_bwd_data, "deterministic");
  EXPECT_EQ(flags.values().dnn_conv_algo_bwd_filter, "guess_on_shape_change");
  EXPECT_EQ(flags.values().dnn_conv_precision, "as_input");
  EXPECT_EQ(flags.values().dnn_enabled, "True");
  EXPECT_EQ(Flags("dnn.enabled=False").values().dnn_enabled, "False");
  const FlagValues defaults;
  EXPECT_EQ(defaults.dnn_conv_algo_fwd, "small");
  EXPECT_EQ(defaults.dnn_conv_algo_bwd_data + defaults.dnn_conv_algo_bwd_filter, "nonenone");
  EXPECT_EQ(defaults.dnn_enabled, "auto");
  // Each direction has names of its own.
  const auto refused = [](const char* flag, const char* value) {
    expect_refusal(ErrorKind::Flag, flag, [&] { Flags(std::string(flag) + "=" + value); });
  };
  refused("dnn.conv.algo_fwd", "deterministic");
  refused("dnn.conv.algo_bwd_data", "small");
  refused("dnn.conv.algo_bwd_filter", "winograd");
  refused("dnn.conv.algo_bwd_filter", "large");
  refused("dnn.conv.precision", "tf32");
  refused("dnn.enabled", "yes");
}

TEST(Flags, RemovedFlagsNameWhatReplacedThem) {
  for (const char* text :
       {"dnn.conv.workmem=small", "dnn.conv.workmem_bwd=none", "dnn.conv.algo_bwd=deterministic"}) {
    const auto set = [&] { Flags flags{text}; };
    expect_refusal(ErrorKind::Flag, "flag", set);
    EXPECT_THAT(expectation_of(set), testing::HasSubstr("dnn.conv.algo_bwd_data"));
  }
}

TEST(Flags, ProfileIsTrueOrFalse) {
  EXPECT_FALSE(Flags().profile());
  EXPECT_TRUE(Flags("profile=True").profile());
  EXPECT_FALSE(Flags("profile=True,profile=False").profile());
  expect_refusal(ErrorKind::Flag, "profile", [] { Flags("profile=yes"); });
}

TEST(Flags, DebugModeIsSwitchedOnWithItsSettings) {
  Flags flags("DebugMode.budget=1%:every=3,DebugMode.check_isfinite=False,DebugMode.level=full");
  EXPECT_FALSE(flags.debug_settings()) << "without the mode the settings wait";
  flags.set("mode=DebugMode");
  ASSERT_TRUE(flags.debug_settings());
  EXPECT_EQ(flags.debug_settings()->level, DebugLevel::Full);
  EXPECT_EQ(flags.debug_settings()->budget.share, 0.01);
  EXPECT_EQ(flags.debug_settings()->budget.every, 3);
  EXPECT_FALSE(flags.debug_settings()->check_isfinite);
  flags.set("DebugMode.level=off");
  EXPECT_FALSE(flags.debug_settings());
  flags.set("DebugMode.level=sampled,mode=Mode");
  EXPECT_FALSE(flags.debug_settings());
}

TEST(Flags, AnUnknownModeOrSettingIsRefusedAndNothingIsSet) {
  Flags flags;
  for (const char* text : {"threads=3,mode=DEBUG_MODE", "threads=3,DebugMode.levels=full",
                           "threads=3,DebugMode.patience=0", "threads=3,DebugMode."}) {
    EXPECT_THROW(flags.set(text), ConvError) << text;
  }
  EXPECT_EQ(flags.values(), FlagValues());
}

}  // namespace
}  // namespace convcheck
