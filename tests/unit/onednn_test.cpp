// Backend onednn against the reference, with == on small integers.

#ifndef CONVCHECK_HAVE_ONEDNN

#include <gtest/gtest.h>

TEST(OneDnn, IsRight) { GTEST_SKIP() << "onednn was not built: oneDNN 2 was not found"; }

#else

#include <gmock/gmock.h>

#include <filesystem>
#include <iterator>
#include <thread>

#include "checker/corpus.h"
#include "checker/rules/all_rules.h"
#include "checker/suite.h"
#include "fast/onednn/onednn.h"
#include "fast/onednn/primitive.h"
#include "fast/onednn/threads.h"
#include "tests/unit/corrmm_call.h"

namespace convcheck {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

void expect_right_directions(ConvProblem problem, const CallOptions& options = {}) {
  problem.flip = false;
  for (const Direction direction : kAllDirections) {
    problem.direction = direction;
    expect_right(*onednn_backend(), problem, options);
  }
}

TensorView view_of(const Shape& shape, DataType type = DataType::F32) {
  return {nullptr, type, shape, contiguous_strides(shape)};
}

Support support_of(const ConvProblem& problem, DataType type = DataType::F32) {
  return onednn_backend()->supports(
      problem, {view_of(problem.x_shape(), type), view_of(problem.w_shape(), type),
                view_of(problem.y_shape(), type)});
}

ConvProblem correlation(const Window& window) {
  ConvProblem problem{.rank = 1, .batch = 2, .channels = 2, .filters = 2, .flip = false};
  problem.windows[0] = window;
  return problem;
}

TEST(OneDnn, IsTheDefinitionForWindowsThatLeaveATailUnusedAndForPadsOfOneSide) {
  for (std::int64_t input = 2; input <= 6; ++input) {
    for (std::int64_t bits = 0; bits < 3 * 3 * 2 * 4; ++bits) {
      const ConvProblem problem = correlation({.input = input,
                                               .filter = 1 + bits % 3,
                                               .stride = 1 + bits / 3 % 3,
                                               .dilation = 1 + bits / 9 % 2,
                                               .pad_before = bits / 18 % 2,
                                               .pad_after = bits / 36});
      if (problem.windows[0].output() >= 1) expect_right_directions(problem);
    }
  }
}

TEST(OneDnn, IsTheDefinitionInEveryRankTypeAndLayout) {
  const Window windows[] = {{.input = 5, .filter = 3, .pad_before = 1, .pad_after = 1},
                            {.input = 6, .filter = 2, .stride = 2, .dilation = 3, .pad_after = 2},
                            {.input = 3, .filter = 1}};
  for (std::size_t rank = 1; rank <= 3; ++rank) {
    for (const std::int64_t groups : {1, 2, 4}) {
      ConvProblem problem{.rank = rank, .batch = 2, .channels = 4, .filters = 8, .groups = groups};
      std::copy(std::begin(windows), std::end(windows), problem.windows.begin());
      problem.flip = false;
      for (const Layout layout : {Layout::Plain, Layout::ChannelsLast}) {
        expect_right_directions(problem, {.layout = layout});
        if (!support_of(problem, DataType::BF16)) continue;  // an older machine
        expect_right_directions(problem, {.type = DataType::BF16, .layout = layout});
      }
    }
  }
}

// Sub-views, gaps, other orders of axes, every offset; guard pages; a workspace that is exact.
TEST(OneDnn, KeepsToItsOperandsAndItsWorkspaceInEveryLayout) {
  for (const char* line :
       {"conv2d.forward f32 x=2x4x7x9 w=8x2x3x2 border=1 groups=2 noflip",
        "conv2d.grad_inputs f32 x=2x4x7x9 w=8x2x3x2 subsample=2 groups=2 noflip",
        "conv2d.grad_weights f32 x=2x4x7x9 w=8x4x3x2 border=(1,0),(0,2) noflip"}) {
    for (const char* rule : {"value", "layout", "bounds", "inputs_kept", "output_unread",
                             "workspace", "contract", "repeat"}) {
      const Verdict verdict = run_one(read_case(line), onednn_backend(), rule_named(rule));
      EXPECT_STREQ(to_string(verdict.outcome), "passed") << rule << ": " << verdict.reason;
    }
  }
}

TEST(OneDnn, SumsOfNothingAreZeroWithoutTheLibrary) {
  ConvProblem problem = correlation({.input = 4, .filter = 3, .pad_before = 1});
  for (std::int64_t ConvProblem::*extent :
       {&ConvProblem::batch, &ConvProblem::channels, &ConvProblem::filters}) {
    ConvProblem none = problem;
    none.*extent = 0;
    expect_right_directions(none);
    EXPECT_TRUE(support_of(none));
  }
}

TEST(OneDnn, RefusesWhatTheLibraryDoesNotHaveWithTheReason) {
  const ConvProblem plain = correlation({.input = 5, .filter = 2});
  EXPECT_TRUE(support_of(plain));
  ConvProblem flipped = plain, unshared = plain;
  flipped.flip = unshared.unshared = true;
  EXPECT_THAT(support_of(flipped).reason, HasSubstr("oneDNN cross-correlates"));
  EXPECT_THAT(support_of(unshared).reason, HasSubstr("unshared filters"));
  EXPECT_EQ(support_of(plain, DataType::F64).reason, "type f64, which oneDNN does not have");
  EXPECT_THAT(support_of(plain, DataType::F16).reason, HasSubstr("no kernel"));

  TensorView w = view_of(plain.w_shape());
  w.strides[2] = -1;
  const TensorView x = view_of(plain.x_shape()), y = view_of(plain.y_shape());
  EXPECT_THAT(onednn_backend()->supports(plain, {x, w, y}).reason, HasSubstr("negative strides"));
  TensorView askew = x;
  askew.data = reinterpret_cast<void*>(std::uintptr_t{66});
  EXPECT_THAT(onednn_backend()->supports(plain, {askew, view_of(plain.w_shape()), y}).reason,
              HasSubstr("no multiple of 4 bytes"));
}

TEST(OneDnn, RefusesWhatOnlyReferenceLoopsWouldTakeWeeksFor) {
  ConvProblem problem{.rank = 3, .batch = 2, .channels = 32, .filters = 1, .flip = false};
  for (Window& window : problem.axes()) window = {.input = 192, .filter = 192};
  problem.direction = Direction::GradInputs;
  EXPECT_THAT(support_of(problem).reason, HasSubstr("only its reference loops"));
  problem.direction = Direction::Forward;
  EXPECT_TRUE(support_of(problem));
}

// What oneDNN's own programs give it with channels last.
TEST(OneDnn, TakesFiltersWithTheTapsOutermost) {
  for (const Direction direction : kAllDirections) {
    const ConvProblem problem = [&] {
      ConvProblem one{.direction = direction, .batch = 2, .channels = 3, .filters = 4};
      one.windows[0] = one.windows[1] = {.input = 6, .filter = 3, .pad_before = 1};
      one.flip = false;
      return one;
    }();
    const CorrmmCall call(problem, {.layout = Layout::ChannelsLast});
    Tensor memory({3, 3, 3, 4});
    Operands operands = call.operands();
    const TensorView w = permuted(memory, {3, 2, 0, 1});
    copy(operands.w, w);
    operands.w = w;
    run(*onednn_backend(), problem, operands);
    const TensorView& result = operands.result(direction);
    Index at(result.rank(), 0);
    do EXPECT_EQ(result.at(at), result_at(problem, operands, at).value) << to_string(direction);
    while (advance(at, result.extents));
  }
}

TEST(OneDnn, AFlippedFilterOfOneTapIsACorrelation) {
  ConvProblem problem = correlation({.input = 5, .filter = 1, .stride = 2});
  problem.flip = true;
  EXPECT_TRUE(support_of(problem));
  expect_right(*onednn_backend(), problem);
}

TEST(OneDnn, SumsShorterTypesIntoALongerResult) {
  const ConvProblem problem = correlation({.input = 5, .filter = 2});
  if (!support_of(problem, DataType::BF16)) GTEST_SKIP() << "this machine has no kernels for bf16";
  const Case c =
      read_case("conv2d.forward types=bf16,bf16,f32 x=2x16x6x6 w=4x16x3x3 noflip fill=wide");
  EXPECT_EQ(run_one(c, onednn_backend()).outcome, Outcome::Passed);
}

TEST(Described, StridesOverOneElementAreWithinTheSpan) {
  TensorView view = view_of({2, 1, 3});
  view.strides = {3, -7, 1};
  EXPECT_THAT(onednn::described(view).strides, ElementsAre(3, 6, 1));
  view.strides = {3, std::int64_t{1} << 60, 1};
  EXPECT_THAT(onednn::described(view).strides, ElementsAre(3, 6, 1));
  view.strides = {3, 2, 1};
  EXPECT_THAT(onednn::described(view).strides, ElementsAre(3, 2, 1));
}

TEST(Described, GroupsOfFiltersAreAnAxisOfTheirOwn) {
  const onednn::Described grouped = onednn::described_filters(view_of({6, 2, 5}), 3);
  EXPECT_THAT(grouped.extents, ElementsAre(3, 2, 2, 5));
  EXPECT_THAT(grouped.strides, ElementsAre(20, 10, 5, 1));
  EXPECT_THAT(onednn::described_filters(view_of({6, 2, 5}), 1).extents, ElementsAre(6, 2, 5));
}

std::ptrdiff_t threads_of_this_process() {
  using Tasks = std::filesystem::directory_iterator;
  return std::distance(Tasks("/proc/self/task"), Tasks());
}

// OpenMP keeps the threads of a call until the thread that called it ends.
std::ptrdiff_t threads_after_a_call(int threads) {
  std::ptrdiff_t added = 0;
  std::thread caller([&] {
    ConvProblem problem = correlation({.input = 64, .filter = 3});
    problem.batch = 32;
    const CorrmmCall call(problem, {.threads = threads});
    const std::ptrdiff_t before = threads_of_this_process();
    call.run(*onednn_backend());
    added = threads_of_this_process() - before;
  });
  caller.join();
  return added;
}

TEST(OneDnn, ACallHasTheThreadsThatItIsGiven) {
  EXPECT_EQ(threads_after_a_call(1), 0);
  EXPECT_EQ(threads_after_a_call(3), 2);
}

TEST(OneDnn, AWorkspaceOfAnyProblemIsKnownWithoutData) {
  ConvProblem problem = correlation({.input = 1000, .filter = 5, .pad_before = 2});
  const Operands operands{view_of(problem.x_shape()), view_of(problem.w_shape()),
                          view_of(problem.y_shape())};
  const std::size_t one = onednn_backend()->workspace_bytes(problem, operands, {.threads = 1});
  EXPECT_LE(one, onednn_backend()->workspace_bytes(problem, operands, {.threads = 4}));
}

TEST(OneDnn, TellsItsVersion) {
  EXPECT_THAT(onednn_backend()->version(), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace convcheck

#endif  // CONVCHECK_HAVE_ONEDNN
