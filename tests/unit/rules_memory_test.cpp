// The rules on memory fail the mistakes that they are there for, and say where they are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "tests/unit/planted_backend.h"
#include "tests/unit/planted_mistake.h"

namespace convcheck {
namespace {

using ::testing::HasSubstr;

class Violation : public testing::TestWithParam<Planted> {};

TEST_P(Violation, IsFailedAndNamed) {
  const Planted& planted = GetParam();
  const Verdict verdict = judge(planted.rule, kernel(planted.name, planted.mistakes), planted.line);
  EXPECT_EQ(verdict.outcome, Outcome::Failed) << verdict.reason << verdict.note;
  EXPECT_THAT(verdict.reason, HasSubstr(planted.says));
}

std::vector<Planted> outside_of_operands() {
  return {
      {"WritesOnePastTheEnd", "bounds", after([](const Operands& operands) {
         if (dense(operands.y)) *byte_at(operands.y, bytes_of(operands.y)) = std::byte{1};
       }),
       "writes byte +0 past the end of y (480 bytes)"},
      {"WritesOneBeforeTheStart", "bounds", after([](const Operands& operands) {
         if (dense(operands.y)) *byte_at(operands.y, -1) = std::byte{1};
       }),
       "writes byte -1 before the start of y (480 bytes): expected ff, got 01"},
      {"WritesIntoAGap", "bounds", after([](const Operands& operands) {
         if (operands.y.strides[3] == 2) *byte_at(operands.y, 4) = std::byte{1};
       }),
       "layout=gaps: writes byte 4 of y, between its elements"},
      {"WritesIntoAGapOfAnInput", "bounds", after([](const Operands& operands) {
         if (operands.x.strides[3] == 2) *byte_at(operands.x, 5) = std::byte{1};
       }),
       "writes byte 5 of x, between its elements"},
      {"ReadsOneFloatPastTheEndOfTheInput", "bounds", after([](const Operands& operands) {
         if (dense(operands.x)) {
           for (std::int64_t i = 0; i < 4; ++i)
             (void)*byte_at(operands.x, bytes_of(operands.x) + i);
         }
       }),
       "reads byte +0 past the end of x (480 bytes)"},
      {"ReadsBeforeTheFilters", "bounds", after([](const Operands& operands) {
         if (dense(operands.w)) (void)*byte_at(operands.w, -4);
       }),
       "reads byte -4 before the start of w (288 bytes)"},
      {"ReadsAFarRow", "bounds", after([](const Operands& operands) {
         if (dense(operands.x)) (void)*byte_at(operands.x, bytes_of(operands.x) + 5000);
       }),
       "reads byte +5000 past the end of x"},
      {"FaultsInAWorkerThread", "bounds", after([](const Operands& operands) {
         std::thread([&] {
           if (dense(operands.y)) *byte_at(operands.y, bytes_of(operands.y) + 2) = std::byte{1};
         }).join();
       }),
       "writes byte +2 past the end of y"},
  };
}

std::vector<Planted> written_inputs() {
  return {
      {"NegativeZero", "inputs_kept", after([](const Operands& operands) {
         Index at(4, 0);
         do {
           if (operands.x.at(at) == 0) operands.x.set(at, -0.0);
         } while (advance(at, operands.x.extents));
       }),
       "of x, in x[0,0,0,1]"},
      {"Scribbled", "inputs_kept", after([](const Operands& operands) {
         operands.w.set({1, 0, 0, 0}, 77);
       }),
       "in w[1,0,0,0], byte "},
      {"ScribbledAndRestored", "inputs_kept", after([](const Operands& operands) {
         const double kept = operands.w.at({1, 0, 0, 0});
         operands.w.set({1, 0, 0, 0}, 77);
         operands.w.set({1, 0, 0, 0}, kept);
       }),
       "in w[1,0,0,0], and left it as it was"},
      {"GapOfAnInput", "inputs_kept", after([](const Operands& operands) {
         if (operands.x.strides[3] == 2) *byte_at(operands.x, 4) = std::byte{1};
       }),
       "layout=gaps: writes byte 4 of x, in a gap between elements"},
      {"OutputGradient", "inputs_kept", after([](const Operands& operands) {
         operands.y.set({0, 0, 0, 0}, operands.y.at({0, 0, 0, 0}));
       }),
       "writes byte 0 of y", "conv2d.grad_weights f64 x=2x3x5x4 w=4x3x3x2"},
  };
}

Mistakes accumulates() {
  return {.writes = [](const Finished& of) { return of.sum + of.before; }};
}

// Adds what the workspace holds.
Mistakes stale_workspace() {
  Mistakes mistakes;
  mistakes.workspace = [=](const auto&...) -> std::size_t { return 64; };
  mistakes.after = [](const Call& call) {
    float stale = 0;
    std::memcpy(&stale, call.workspace.data(), sizeof stale);
    call.operands.y.set({0, 0, 0, 0}, call.operands.y.at({0, 0, 0, 0}) + stale);
  };
  return mistakes;
}

// Right in a fresh workspace of any contents, but the second call finds what the first left.
Mistakes remembers() {
  Mistakes mistakes;
  mistakes.workspace = [=](const auto&...) -> std::size_t { return 8; };
  mistakes.after = [](const Call& call) {
    constexpr std::uint64_t kMark = 0x123456789abcdef0;
    std::uint64_t mark = 0;
    std::memcpy(&mark, call.workspace.data(), sizeof mark);
    if (mark == kMark) call.operands.y.set({0, 0, 0, 0}, 0.5);
    std::memcpy(call.workspace.data(), &kMark, sizeof kMark);
  };
  return mistakes;
}

Mistakes overruns_workspace(std::int64_t bytes) {
  Mistakes mistakes;
  mistakes.workspace = [=](const auto&...) -> std::size_t {
    return static_cast<std::size_t>(bytes);
  };
  mistakes.after = [bytes](const Call& call) {
    volatile std::byte* const begin = call.workspace.data();
    begin[bytes] = std::byte{1};
  };
  return mistakes;
}

std::vector<Planted> stale_memory() {
  Mistakes unwritten;
  unwritten.skips = [](const ConvProblem&, const Index& at) { return at[1] == 3 && at[2] == 4; };
  Mistakes scaled;
  scaled.writes = [](const Finished& of) { return of.sum + 0 * of.before; };
  return {
      {"Accumulates", "output_unread", accumulates(),
       "over large numbers, not over NaN: y[0,0,0,0]"},
      {"NeverWritten", "output_unread", unwritten, "y[0,3,4,0]"},
      {"TimesZero", "output_unread", scaled, "over large numbers, not over NaN"},
      {"StaleWorkspace", "workspace", stale_workspace(), "in a workspace of NaNs"},
      {"RemembersTheLastCall", "workspace", remembers(),
       "in the workspace that a call left: y[0,0,0,0] is 0.5"},
      {"OverrunByOneElement", "workspace", overruns_workspace(64),
       "writes byte +0 past the end of the workspace (64 bytes)"},
      {"OverrunOfAnOddSize", "workspace", overruns_workspace(100),
       "writes byte +0 past the end of the workspace (100 bytes)"},
      {"UsesAWorkspaceThatItDidNotAnnounce", "workspace", overruns_workspace(0),
       "writes byte +0 past the end of the workspace (0 bytes)"},
      {"OverrunSeenByBounds", "bounds", overruns_workspace(64), "past the end of the workspace"},
  };
}

INSTANTIATE_TEST_SUITE_P(Outside, Violation, testing::ValuesIn(outside_of_operands()), name_of);
INSTANTIATE_TEST_SUITE_P(Inputs, Violation, testing::ValuesIn(written_inputs()), name_of);
INSTANTIATE_TEST_SUITE_P(Stale, Violation, testing::ValuesIn(stale_memory()), name_of);

}  // namespace
}  // namespace convcheck
