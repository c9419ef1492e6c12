#include "fast/dispatch.h"

#include "fast/conv.h"
#include "fast/flags.h"
#include "tests/unit/composed.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const ConvProblem kProblem = make_problem(Direction::Forward, {1, 1, 3}, {1, 1, 2}, {});
const Tensor kX = counting({1, 1, 3}), kW = counting({1, 1, 2}), kY(Shape{1, 1, 2}, DataType::F64);
const Operands kOperands{kX, kW, kY};

BackendEntry entry(const std::string& name, const Support& support = {},
                   std::vector<std::string> tags = {}) {
  return {.name = name,
          .backend = std::make_shared<PlantedBackend>(
              [name](const ConvProblem& problem, const Operands& operands) {
                operands.result(problem.direction).set({0, 0, 0}, static_cast<double>(name.back()));
              },
              name, support),
          .tags = std::move(tags)};
}

// The last letter of the name of the backend that automatic_among() chooses.
char chosen(const std::vector<BackendEntry>& entries, const std::vector<std::string>& excluding) {
  run(*automatic_among(entries, excluding), kProblem, kOperands);
  return static_cast<char>(kY.at({0, 0, 0}));
}

ConvError error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ConvError& error) {
    return error;
  }
  ADD_FAILURE() << "accepted";
  return {ErrorKind::Unsupported, "", "", ""};
}

TEST(Automatic, TakesTheFirstThatSupportsTheProblem) {
  EXPECT_EQ(chosen({entry("a"), entry("b")}, {}), 'a');
  EXPECT_EQ(chosen({entry("a", Support::no("too odd")), entry("b"), entry("c")}, {}), 'b');
  EXPECT_EQ(chosen({{.name = "a", .backend = nullptr, .reason = "not here"}, entry("b")}, {}), 'b');
}

TEST(Automatic, TakesTheCheapestOfThoseThatSupportTheProblem) {
  const auto dear = [](const ConvProblem&) { return 2.0; };
  BackendEntry a = entry("a"), refusing = entry("b", Support::no("too odd"));
  a.cost = dear;
  EXPECT_EQ(chosen({a, entry("c")}, {}), 'c');
  EXPECT_EQ(chosen({a, refusing}, {}), 'a');
  BackendEntry as_dear = entry("d");
  as_dear.cost = dear;
  EXPECT_EQ(chosen({a, as_dear}, {}), 'a') << "of equals the first";
}

TEST(Automatic, ByRuleTakesProductsWhereOurPanelsHaveFewRows) {
  const BackendEntry* direct = &backends()[0];
  const BackendEntry* corrmm = &backends()[1];
  ASSERT_EQ(direct->name + corrmm->name, "directcorrmm");
  if (direct->cost == nullptr || corrmm->cost == nullptr) GTEST_SKIP() << "one is not built";
  const auto prefers_direct = [&](Direction direction, const Shape& x, const Shape& w) {
    const ConvProblem problem = make_problem(direction, x, w, {.border_mode = half});
    return direct->cost(problem) < corrmm->cost(problem);
  };
  EXPECT_TRUE(prefers_direct(Direction::Forward, {8, 3, 28, 28}, {64, 3, 3, 3}));
  EXPECT_FALSE(prefers_direct(Direction::GradInputs, {8, 3, 28, 28}, {64, 3, 3, 3}));
  EXPECT_TRUE(prefers_direct(Direction::GradInputs, {8, 64, 28, 28}, {64, 64, 3, 3}));
  EXPECT_FALSE(prefers_direct(Direction::GradWeights, {8, 512, 7, 7}, {512, 512, 3, 3}));
  EXPECT_TRUE(prefers_direct(Direction::GradWeights, {8, 64, 28, 28}, {64, 64, 3, 3}));
}

TEST(Automatic, LeavesOutWhatIsExcluded) {
  const std::vector<BackendEntry> entries{entry("a", {}, {"conv_dnn"}),
                                          entry("b", {}, {"conv_gemm"}), entry("c"), entry("r")};
  EXPECT_EQ(chosen(entries, {"conv_dnn"}), 'b');
  EXPECT_EQ(chosen(entries, {"cudnn"}), 'b');
  EXPECT_EQ(chosen(entries, {"conv_gemm"}), 'a');
  EXPECT_EQ(chosen(entries, {"conv_gemm", "conv_dnn"}), 'c');
}

TEST(Automatic, WhatIsExcludedIsNotReplacedByTheReference) {
  const std::vector<BackendEntry> entries{entry("dnn", {}, {"conv_dnn"}),
                                          entry("gemm", {}, {"conv_gemm"}), entry("reference")};
  const ConvError error = error_of([&] { chosen(entries, {"conv_gemm", "cudnn"}); });
  EXPECT_EQ(error.kind(), ErrorKind::Flag);
  EXPECT_EQ(error.argument(), "optimizer_excluding");
  EXPECT_EQ(error.value(), "conv_gemm:cudnn (dnn, gemm)");
}

TEST(Automatic, ABackendThatWasNotBuiltCanBeExcludedToo) {
  const std::vector<BackendEntry> entries{
      {.name = "gemm", .backend = nullptr, .reason = "not here", .tags = {"conv_gemm"}},
      entry("reference")};
  EXPECT_EQ(chosen(entries, {}), 'e');
  EXPECT_EQ(chosen(entries, {"conv_dnn"}), 'e') << "which excludes nothing";
  EXPECT_THAT(error_of([&] { chosen(entries, {"conv_gemm"}); }).value(), HasSubstr("gemm"));
}

TEST(Automatic, WhatIsChosenByNameOnlyIsNoCandidate) {
  BackendEntry by_name = entry("a", {}, {"conv_winograd"});
  by_name.by_name_only = true;
  EXPECT_EQ(chosen({by_name, entry("b"), entry("reference")}, {}), 'b');
  EXPECT_EQ(chosen({by_name, entry("reference")}, {"conv_winograd"}), 'e')
      << "nothing that would have been chosen is excluded";
}

// Operands in device memory, as far as a planted backend looks at them.
Operands on_device(Operands operands) {
  for (TensorView* view : {&operands.x, &operands.w, &operands.y}) view->memory = MemoryKind::Cuda;
  return operands;
}

BackendEntry device_entry(const std::string& name, std::vector<std::string> tags = {}) {
  BackendEntry made{.name = name,
                    .backend = std::make_shared<PlantedBackend>(
                        [name](const ConvProblem&, const Operands&) {
                          kY.view().set({0, 0, 0}, static_cast<double>(name.back()));
                        },
                        name),
                    .tags = std::move(tags),
                    .memory = MemoryKind::Cuda};
  return made;
}

TEST(Automatic, HostCallsAreForHostBackendsAndDeviceCallsForTheDevices) {
  const std::vector<BackendEntry> entries{device_entry("gpu_a"), entry("b"), device_entry("gpu_c"),
                                          entry("reference")};
  EXPECT_EQ(chosen(entries, {}), 'b');
  run(*automatic_among(entries, {}), kProblem, on_device(kOperands));
  EXPECT_EQ(kY.at({0, 0, 0}), 'a');
  const BackendPtr host_only = automatic_among({entry("b"), entry("reference")}, {});
  EXPECT_EQ(host_only->supports(kProblem, on_device(kOperands)).reason,
            "no backend for cuda memory was built");
}

TEST(Automatic, ExclusionsCountForEachKindOfMemoryByItself) {
  const std::vector<BackendEntry> entries{device_entry("dnn", {"conv_dnn"}),
                                          device_entry("gemm", {"conv_gemm"}),
                                          entry("direct", {}, {"conv_gemm"}), entry("reference")};
  const Operands device = on_device(kOperands);
  EXPECT_EQ(chosen(entries, {"conv_dnn"}), 't');
  run(*automatic_among(entries, {"conv_dnn"}), kProblem, device);
  EXPECT_EQ(kY.at({0, 0, 0}), 'm');
  // The device has no last resort, and its backends are none for the host.
  const ConvError both = error_of([&] {
    run(*automatic_among(entries, {"conv_dnn", "conv_gemm"}), kProblem, device);
  });
  EXPECT_EQ(both.kind(), ErrorKind::Flag);
  EXPECT_EQ(both.value(), "conv_dnn:conv_gemm (dnn, gemm)");
  EXPECT_EQ(error_of([&] { chosen(entries, {"conv_gemm"}); }).value(), "conv_gemm (direct)");
}

TEST(Automatic, WantsCudnnWhereTheFlagSaysSo) {
  const FlagValues before = flags().values();
  flags().set("dnn.enabled=True");
  try {
    automatic();
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Flag);
    EXPECT_EQ(error.argument(), "dnn.enabled");
    EXPECT_THAT(error.expected(), testing::AnyOf(HasSubstr("no CUDA device"), HasSubstr("cuDNN"),
                                                 HasSubstr("not built")));
  }
  flags().set("dnn.enabled=False");
  EXPECT_NE(automatic(), nullptr);
  flags().assign(before);
}

TEST(Backends, ThoseForDeviceMemoryRefuseHostMemoryWithTheReason) {
  const ConvProblem problem =
      make_problem(Direction::Forward, {1, 1, 5, 5}, {1, 1, 3, 3}, {.filter_flip = false});
  const Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
  const Operands operands{x, w, y};
  for (const BackendEntry& one : backends()) {
    if (one.backend == nullptr) continue;
    const bool host = one.memory == MemoryKind::Host;
    const Support there = one.backend->supports(problem, host ? on_device(operands) : operands);
    EXPECT_FALSE(there) << one.name;
    EXPECT_THAT(there.reason, HasSubstr(host ? "needs host memory" : "needs device memory"))
        << one.name;
  }
}

TEST(Automatic, GivesEveryReasonWhenNothingSupportsTheProblem) {
  const std::vector<BackendEntry> entries{entry("a", Support::no("too odd")),
                                          entry("b", Support::no("too long"))};
  const ConvError error = error_of([&] { chosen(entries, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("a: too odd"), HasSubstr("b: too long")));
}

TEST(Automatic, ClaimsWhatAllOfItsChoicesHold) {
  EXPECT_FALSE(automatic_among({entry("a")}, {})->claims().multiplies_padding);
  EXPECT_EQ(automatic_among({entry("a")}, {})->accumulator(DataType::F16), DataType::F32);
  const BackendPtr all = automatic();
  for (const BackendEntry& one : backends()) {
    if (one.backend == nullptr || one.by_name_only) continue;
    const Claims own = one.backend->claims(), claimed = all->claims();
    EXPECT_TRUE(!claimed.deterministic || own.deterministic) << one.name;
    EXPECT_TRUE(claimed.multiplies_padding || !own.multiplies_padding) << one.name;
    EXPECT_LE(significand_bits(all->accumulator(DataType::F32)),
              significand_bits(one.backend->accumulator(DataType::F32)))
        << one.name;
  }
}

TEST(Backends, EndWithTheReferenceAndSayWhyOneIsMissing) {
  EXPECT_EQ(backends().back().name, "reference");
  for (const BackendEntry& one : backends()) {
    EXPECT_EQ(one.backend == nullptr, !one.reason.empty()) << one.name;
    if (one.name == "corrmm") {
      EXPECT_THAT(one.tags, ElementsAre("conv_gemm"));
    }
  }
}

TEST(BackendNamed, FindsTheBuiltOnesAndListsThemForAnother) {
  for (const BackendEntry& one : backends()) {
    if (one.backend == nullptr) {
      EXPECT_THAT(error_of([&] { backend_named(one.name); }).expected(), HasSubstr(one.reason));
    } else {
      EXPECT_EQ(backend_named(one.name), one.backend);
    }
  }
  const ConvError error = error_of([] { backend_named("cudnn9"); });
  EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
  EXPECT_EQ(error.value(), "cudnn9");
  EXPECT_THAT(error.expected(), HasSubstr("reference"));
}

// Puts the process's flags back.
class FlagsGuard {
 public:
  ~FlagsGuard() { flags().assign(before_); }

 private:
  FlagValues before_ = flags().values();
};

TEST(Flags, DecideTheDefaultBackendOfEveryCall) {
  const FlagsGuard guard;
  EXPECT_THAT(conv1d(kX, kW).values(), ElementsAre(4, 7));
  flags().set("optimizer_excluding=conv_gemm");
  const ConvError error = error_of([] { conv1d(kX, kW); });
  EXPECT_EQ(error.kind(), ErrorKind::Flag);
  EXPECT_EQ(error.value(), "conv_gemm (direct, corrmm)");
  EXPECT_THAT(conv1d(kX, kW, {}, backend_named("reference")).values(), ElementsAre(4, 7));
}

}  // namespace
}  // namespace convcheck
