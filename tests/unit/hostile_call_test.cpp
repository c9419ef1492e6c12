#include "checker/buffers/hostile_call.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "checker/run_case.h"
#include "tests/mutants/kernel.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {
namespace {

const Case kCase = conv_case({2, 3, 5, 4}, {4, 3, 3, 2}, BorderMode{1, 0});

HostileCall call_of(const BackendPtr& backend, const std::string& layout, End end = End::Last,
                    Poison poison = Poison::NotANumber) {
  return HostileCall(*backend, conv_problem(kCase), call_types(kCase, *backend),
                     {parse_layout(layout), end, poison});
}

TEST(HostileCall, PoisonIsNanOrLargeInEveryType) {
  for (const DataType type : kAllDataTypes) {
    std::byte memory[8];
    std::memset(memory, static_cast<int>(Poison::NotANumber), sizeof memory);
    EXPECT_TRUE(std::isnan(load(type, memory)));
    std::memset(memory, static_cast<int>(Poison::Large), sizeof memory);
    EXPECT_GT(load(type, memory), 60000);
    EXPECT_TRUE(std::isfinite(load(type, memory)));
  }
}

TEST(HostileCall, NothingButTheOperandsLiesInItsMemory) {
  for (const char* layout : {"", "nhwc", "gaps", "subview,reversed", "permuted,gaps,offset-12"}) {
    for (const End end : {End::First, End::Last}) {
      const BackendPtr backend = right_backend();
      HostileCall call = call_of(backend, layout, end, Poison::Large);
      call.write_inputs(make_data(call.problem(), {}, Fill::Narrow, 1));
      ASSERT_FALSE(call.run({}));
      EXPECT_EQ(call.trespass(), std::nullopt) << layout;
    }
  }
}

TEST(HostileCall, SeesEveryChangedByteBetweenElements) {
  const BackendPtr backend = right_backend();
  const HostileCall call = call_of(backend, "y-gaps");
  const auto bytes = call.bytes(OperandName::Y);
  int gaps = 0;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto& byte = const_cast<std::byte&>(bytes[at]);
    const std::byte kept = byte;
    byte = std::byte{0x11};
    const auto text = call.trespass();
    if (text) {
      EXPECT_NE(text->find("writes byte " + std::to_string(at) + " of y, between"),
                std::string::npos)
          << *text;
      ++gaps;
    }
    byte = kept;
  }
  EXPECT_GT(gaps, 100);
}

TEST(HostileCall, KeepsTheWorkspaceBetweenRunsUntilItIsPoisoned) {
  std::vector<std::byte> seen;
  Mistakes mistakes;
  mistakes.workspace = [=](const auto&...) -> std::size_t { return 24; };
  mistakes.before = [&](const Call& call) {
    EXPECT_EQ(call.workspace.size(), 24u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(call.workspace.data()) % 64, 0u);
    seen.push_back(call.workspace[5]);
    call.workspace[5] = std::byte{1};
  };
  const BackendPtr backend = kernel("looks", mistakes);
  HostileCall call = call_of(backend, "");
  ASSERT_FALSE(call.run({}));
  ASSERT_FALSE(call.run({}));
  call.poison_workspace(Poison::Large);
  ASSERT_FALSE(call.run({}));
  EXPECT_EQ(seen, (std::vector<std::byte>{std::byte{0xff}, std::byte{1}, std::byte{0x7b}}));
  EXPECT_FALSE(call.trespass());
}

TEST(FirstDifference, ComparesBitsButForNans) {
  const auto differs = [](double a, double b) {
    return first_difference(Tensor({2}, {1, a}), Tensor({2}, {1, b})).has_value();
  };
  EXPECT_FALSE(differs(3, 3));
  EXPECT_TRUE(differs(0.0, -0.0));
  EXPECT_FALSE(differs(std::nan(""), -std::nan("")));
  EXPECT_TRUE(differs(std::nan(""), 1));
  EXPECT_TRUE(differs(1, std::nan("")));
}

TEST(FirstDifference, ComparesAcrossLayouts) {
  const Tensor a({2, 3}, {1, 2, 3, 4, 5, 6}), b({3, 2}, {1, 4, 2, 5, 3, 7});
  const auto difference = first_difference(a, permuted(b, {1, 0}));
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->at, (Index{1, 2}));
  EXPECT_EQ(difference->expected, 6);
  EXPECT_EQ(difference->got, 7);
}

}  // namespace
}  // namespace convcheck
