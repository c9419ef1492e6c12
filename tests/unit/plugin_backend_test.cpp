// What a plugin says of itself, and how a call arrives at it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "checker/load_plugin.h"
#include "checker/rules/all_rules.h"
#include "checker/suite.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

using testing::HasSubstr;

// A plugin in this program, whose functions the tests replace. What it was called with is kept.
struct Seen {
  std::vector<ConvcheckCall> calls;
  ConvcheckProblem problem{};
  ConvcheckTensor x{}, w{}, y{};
};

const char* accepts(void* self, const ConvcheckCall* call) {
  if (self == nullptr) return nullptr;
  auto& seen = *static_cast<Seen*>(self);
  seen.calls.push_back(*call);
  seen.problem = *call->problem;
  seen.x = *call->x;
  seen.w = *call->w;
  seen.y = *call->y;
  return nullptr;
}

std::size_t needs_nothing(void*, const ConvcheckCall*) { return 0; }
std::size_t needs_64_bytes(void*, const ConvcheckCall*) { return 64; }

ConvcheckPlugin good() {
  ConvcheckPlugin plugin{};
  plugin.struct_size = sizeof plugin;
  plugin.abi_version = CONVCHECK_ABI_VERSION;
  plugin.name = "mine";
  plugin.refusal = accepts;
  plugin.workspace_bytes = needs_nothing;
  plugin.run = accepts;
  return plugin;
}

template <class Change>
std::string refusal_of_changed(const Change& change) {
  ConvcheckPlugin plugin = good();
  change(plugin);
  try {
    plugin_backend("./mine.so", plugin);
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
    return error.what();
  }
  return "loaded";
}

TEST(PluginBackend, AStructSizeThatNoHeaderHadIsRefused) {
  const auto with_size = [](std::size_t size) {
    return refusal_of_changed([size](ConvcheckPlugin& plugin) { plugin.struct_size = size; });
  };
  EXPECT_THAT(with_size(0), HasSubstr("./mine.so: struct_size = 0: expected"));
  EXPECT_THAT(with_size(offsetof(ConvcheckPlugin, run)), HasSubstr("struct_size"));
  EXPECT_THAT(with_size(sizeof(ConvcheckPlugin) + 8), HasSubstr("needs a newer convcheck"));
  EXPECT_THAT(with_size(std::numeric_limits<std::size_t>::max()), HasSubstr("newer convcheck"));
}

TEST(PluginBackend, OfAnotherVersionNothingElseIsBelieved) {
  EXPECT_THAT(refusal_of_changed([](ConvcheckPlugin& plugin) {
                plugin.abi_version = 2;
                plugin.struct_size = 1 << 20;
              }),
              HasSubstr("abi_version = 2: expected 1"));
}

TEST(PluginBackend, AnOlderPluginHasDefaultsForWhatItDoesNotKnow) {
  ConvcheckPlugin plugin = good();
  plugin.struct_size = offsetof(ConvcheckPlugin, run) + sizeof plugin.run;
  plugin.deterministic = plugin.deterministic_across_threads = 77;
  plugin.algorithm = 99;
  plugin.amplification = -1;
  const BackendPtr backend = plugin_backend("./old.so", plugin);
  EXPECT_FALSE(backend->claims().deterministic);
  EXPECT_EQ(backend->claims().algorithm, Claims::Algorithm::ClassicalSum);
  EXPECT_EQ(backend->accumulator(DataType::F64), DataType::F64);
  for (const DataType type : {DataType::F32, DataType::F16, DataType::BF16})
    EXPECT_EQ(backend->accumulator(type), DataType::F32);
}

TEST(PluginBackend, AMissingFunctionIsNamed) {
  EXPECT_THAT(refusal_of_changed([](auto& plugin) { plugin.refusal = nullptr; }),
              HasSubstr("./mine.so: refusal = NULL: expected a function"));
  EXPECT_THAT(refusal_of_changed([](auto& plugin) { plugin.workspace_bytes = nullptr; }),
              HasSubstr("workspace_bytes = NULL"));
  EXPECT_THAT(refusal_of_changed([](auto& plugin) { plugin.run = nullptr; }),
              HasSubstr("run = NULL"));
}

TEST(PluginBackend, ANameIsAWordOfAReport) {
  const auto with_name = [](const char* name) {
    return refusal_of_changed([name](auto& plugin) { plugin.name = name; });
  };
  EXPECT_THAT(with_name(nullptr), HasSubstr("name = NULL: expected 1 to 64 letters"));
  EXPECT_THAT(with_name(""), HasSubstr("name = ''"));
  EXPECT_THAT(with_name("two words"), HasSubstr("name = 'two words'"));
  EXPECT_THAT(with_name("\x1b[31m"), HasSubstr("expected 1 to 64 letters"));
  EXPECT_THAT(with_name(std::string(65, 'a').c_str()), HasSubstr("expected 1 to 64 letters"));
  EXPECT_EQ(with_name(std::string(64, 'a').c_str()), "loaded");
}

TEST(PluginBackend, ClaimsThatCannotBeAreRefused) {
  const auto changed = [](const auto& change) { return refusal_of_changed(change); };
  EXPECT_THAT(changed([](auto& p) { p.deterministic = 2; }), HasSubstr("deterministic = 2"));
  EXPECT_THAT(changed([](auto& p) { p.deterministic_across_threads = 1; }),
              HasSubstr("deterministic = 0: expected 1"));
  EXPECT_THAT(changed([](auto& p) { p.multiplies_padding = -1; }), HasSubstr("multiplies_padding"));
  EXPECT_THAT(changed([](auto& p) { p.input_bits = 54; }), HasSubstr("expected 0 to 53"));
  EXPECT_THAT(changed([](auto& p) { p.accumulator_f16 = 5; }), HasSubstr("accumulator_f16 = 5"));
  EXPECT_THAT(changed([](auto& p) { p.algorithm = 2; }), HasSubstr("algorithm = 2"));
  EXPECT_THAT(changed([](auto& p) { p.amplification = 3; }), HasSubstr("classical sum"));
}

TEST(PluginBackend, ATransformHasAFiniteAmplificationAboveZero) {
  const auto transform = [](double amplification) {
    return refusal_of_changed([amplification](auto& plugin) {
      plugin.algorithm = ConvcheckTransform;
      plugin.amplification = amplification;
    });
  };
  for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL})
    EXPECT_THAT(transform(bad), HasSubstr("a finite number above 0")) << bad;
  EXPECT_EQ(transform(12.5), "loaded");
}

TEST(PluginBackend, ClaimsArriveAsTheyWereMade) {
  ConvcheckPlugin plugin = good();
  plugin.deterministic = 1;
  plugin.multiplies_padding = 1;
  plugin.input_bits = 11;
  plugin.algorithm = ConvcheckTransform;
  plugin.amplification = 7;
  plugin.accumulator_f32 = ConvcheckF64;
  plugin.accumulator_f16 = ConvcheckF16;
  plugin.accumulator_bf16 = ConvcheckBF16;
  const BackendPtr backend = plugin_backend("./mine.so", plugin);
  const Claims claims = backend->claims();
  EXPECT_TRUE(claims.deterministic && !claims.deterministic_across_threads);
  EXPECT_TRUE(claims.multiplies_padding);
  EXPECT_EQ(claims.input_bits, 11);
  EXPECT_EQ(claims.algorithm, Claims::Algorithm::Transform);
  EXPECT_EQ(claims.amplification, 7);
  EXPECT_EQ(backend->accumulator(DataType::F32), DataType::F64);
  EXPECT_EQ(backend->accumulator(DataType::F16), DataType::F16);
  EXPECT_EQ(backend->accumulator(DataType::BF16), DataType::BF16);
}

TEST(PluginBackend, ACallArrivesAsItIs) {
  Seen seen;
  ConvcheckPlugin plugin = good();
  plugin.self = &seen;
  plugin.workspace_bytes = needs_64_bytes;
  Case c = conv_case({2, 6, 5, 8}, {4, 3, 2, 3}, {{1, 2}, {0, 3}});
  c.groups = 2;
  c.subsample = {2, 1};
  c.dilation = {1, 2};
  const Tensor x(c.x), w(c.w), y(conv_problem(c).y_shape());
  const TensorView backwards = reversed(x, 3);
  run(*plugin_backend("./mine.so", plugin), conv_problem(c), {backwards, w, y}, {.threads = 3});
  ASSERT_EQ(seen.calls.size(), 2u);
  const ConvcheckProblem& problem = seen.problem;
  EXPECT_EQ(problem.struct_size, sizeof problem);
  EXPECT_EQ(problem.direction, ConvcheckForward);
  EXPECT_TRUE(problem.rank == 2 && problem.flip == 1 && problem.unshared == 0);
  EXPECT_THAT(
      (std::vector<std::int64_t>{problem.batch, problem.channels, problem.filters, problem.groups}),
      testing::ElementsAre(2, 6, 4, 2));
  const ConvcheckWindow& last = problem.windows[1];
  EXPECT_THAT((std::vector<std::int64_t>{last.input, last.filter, last.stride, last.dilation,
                                         last.pad_before, last.pad_after}),
              testing::ElementsAre(8, 3, 1, 2, 0, 3));
  EXPECT_EQ(problem.windows[0].pad_after, 2);
  EXPECT_EQ(seen.x.data, backwards.data);
  EXPECT_TRUE(seen.x.rank == 4 && seen.x.strides[3] == -1 && seen.x.extents[1] == 6);
  EXPECT_TRUE(seen.y.type == ConvcheckF32 && seen.y.memory == ConvcheckHost);
  EXPECT_TRUE(seen.calls[1].workspace_bytes == 64 && seen.calls[1].threads == 3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(seen.calls[1].workspace) % 64, 0u);
}

TEST(PluginBackend, DataThatIsNotAlignedIsRefusedBeforeThePluginSeesIt) {
  Seen seen;
  ConvcheckPlugin plugin = good();
  plugin.self = &seen;
  const Case c = conv_case({1, 1, 2, 2}, {1, 1, 1, 1});
  const Tensor x({1, 1, 3, 3}), w(c.w), y({1, 1, 2, 2});
  TensorView odd = Tensor(c.x).view();
  odd.data = static_cast<std::byte*>(x.view().data) + 1;
  const Support support =
      plugin_backend("./mine.so", plugin)->supports(conv_problem(c), {odd, w, y});
  EXPECT_THAT(support.reason, HasSubstr("not aligned"));
  EXPECT_TRUE(seen.calls.empty());
}

TEST(PluginBackend, WhatRunComplainsAboutFailsUnderCompletes) {
  ConvcheckPlugin plugin = good();
  plugin.run = [](void*, const ConvcheckCall*) { return "out of luck"; };
  const BackendPtr backend = plugin_backend("./mine.so", plugin);
  const Verdict verdict =
      run_one(conv_case({1, 1, 2, 2}, {1, 1, 1, 1}), backend, rule_named("completes"));
  EXPECT_EQ(verdict.outcome, Outcome::Failed);
  EXPECT_THAT(verdict.reason, HasSubstr("the plugin said: out of luck"));
}

TEST(PluginBackend, ARefusalIsSkippedWithThePluginsReason) {
  ConvcheckPlugin plugin = good();
  plugin.refusal = [](void*, const ConvcheckCall*) { return "filter extent 5, needs 3"; };
  const Verdict verdict =
      run_one(conv_case({1, 1, 2, 2}, {1, 1, 1, 1}), plugin_backend("./mine.so", plugin));
  EXPECT_EQ(verdict.outcome, Outcome::Skipped);
  EXPECT_EQ(verdict.reason, "filter extent 5, needs 3");
}

TEST(PluginBackend, WhatItSaysIsMadePrintableAndIsCut) {
  ConvcheckPlugin plugin = good();
  plugin.refusal = [](void*, const ConvcheckCall*) { return "\x1b[2J no"; };
  const Case c = conv_case({1, 1, 2, 2}, {1, 1, 1, 1});
  const Tensor x(c.x), w(c.w), y({1, 1, 2, 2});
  const auto reason = [&] {
    return plugin_backend("./mine.so", plugin)->supports(conv_problem(c), {x, w, y}).reason;
  };
  EXPECT_EQ(reason(), "?[2J no");
  plugin.refusal = [](void*, const ConvcheckCall*) {
    static const std::string long_one(1000000, 'x');
    return long_one.c_str();
  };
  std::string cut(1000, 'x');
  cut += "...";
  EXPECT_EQ(reason(), cut);
}

TEST(PluginBackend, AReproducerNamesThePathAsAShellReadsIt) {
  Finding finding{conv_case({1, 1, 2, 2}, {1, 1, 1, 1}), "mine", "value", {}};
  finding.plugin = "./libmine.so";
  EXPECT_THAT(reproducer(finding), testing::EndsWith("' --plugin ./libmine.so"));
  finding.plugin = "./it's mine.so";
  EXPECT_THAT(reproducer(finding), testing::EndsWith(R"(' --plugin './it'\''s mine.so')"));
}

}  // namespace
}  // namespace convcheck
