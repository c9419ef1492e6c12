#include "reference/flops.h"

#include "reference/oracle.h"
#include "tests/unit/worked.h"

namespace convcheck {
namespace {

// Products of the sum that the definition adds up over the whole result.
std::int64_t taps_of(const ConvProblem& problem) {
  std::int64_t taps = 0;
  const Shape shape = problem.result_shape();
  if (element_count(shape) == 0) return 0;
  Index at(shape.size(), 0);
  do for_each_tap(problem, at, [&](const Tap&) { ++taps; });
  while (advance(at, shape));
  return taps;
}

// Products with padding too.
std::int64_t products_of(const ConvProblem& problem) {
  return element_count(problem.y_shape()) * problem.group_channels() * [&] {
    std::int64_t taps = 1;
    for (const Window& window : problem.axes()) taps *= window.filter;
    return taps;
  }();
}

// Strides, dilations and pads that leave inputs, taps and outputs out, in every rank.
std::vector<ConvProblem> problems() {
  const std::vector<Window> windows{
      {.input = 5, .filter = 3, .pad_before = 1, .pad_after = 1},
      {.input = 7, .filter = 2, .stride = 3, .dilation = 2, .pad_before = 0, .pad_after = 4},
      {.input = 2, .filter = 4, .stride = 2, .dilation = 1, .pad_before = 5, .pad_after = 3},
      {.input = 1, .filter = 2, .stride = 1, .dilation = 4, .pad_before = 3, .pad_after = 9}};
  std::vector<ConvProblem> all;
  for (std::size_t rank = 1; rank <= 3; ++rank) {
    for (std::size_t first = 0; first < windows.size(); ++first) {
      ConvProblem problem{.rank = rank, .batch = 2, .channels = 2, .filters = 4};
      for (std::size_t axis = 0; axis < rank; ++axis) {
        problem.windows[axis] = windows[(first + axis) % windows.size()];
      }
      for (const std::int64_t groups : {1, 2}) {
        for (const bool unshared : {false, true}) {
          problem.groups = groups;
          problem.unshared = unshared;
          all.push_back(problem);
        }
      }
    }
  }
  return all;
}

TEST(Flops, AreTwoForEveryProductInEveryDirection) {
  for (ConvProblem problem : problems()) {
    SCOPED_TRACE(to_string(problem));
    for (const Direction direction : kAllDirections) {
      problem.direction = direction;
      EXPECT_EQ(flops(problem), 2 * products_of(problem));
    }
    EXPECT_EQ(flops(problem.x_shape(), problem.w_shape(), problem.y_shape(), problem.groups,
                    problem.unshared),
              2 * products_of(problem));
  }
}

TEST(UsefulMultiplications, AreTheTapsOfTheDefinition) {
  for (ConvProblem problem : problems()) {
    SCOPED_TRACE(to_string(problem));
    for (const Direction direction : kAllDirections) {
      problem.direction = direction;
      EXPECT_EQ(useful_multiplications(problem), taps_of(problem));
    }
    EXPECT_LT(useful_multiplications(problem), products_of(problem));
  }
}

TEST(UsefulMultiplications, OfOneAxisForEveryWindow) {
  std::int64_t windows = 0;
  for (std::int64_t code = 0; code < 6 * 5 * 3 * 3 * 4 * 3; ++code) {
    ConvProblem problem{.rank = 1};
    problem.windows[0] = {.input = 1 + code % 6,
                          .filter = 1 + code / 6 % 5,
                          .stride = 1 + code / 30 % 3,
                          .dilation = 1 + code / 90 % 3,
                          .pad_before = code / 270 % 4,
                          .pad_after = code / 1080};
    if (problem.windows[0].output() < 1) continue;
    ++windows;
    ASSERT_EQ(useful_multiplications(problem), taps_of(problem)) << to_string(problem);
  }
  EXPECT_GT(windows, 1500);
}

TEST(Flops, OfNoImagesChannelsOrFiltersAreNone) {
  for (std::int64_t ConvProblem::*part :
       {&ConvProblem::batch, &ConvProblem::channels, &ConvProblem::filters}) {
    ConvProblem problem = problems().front();
    problem.windows[0].input = INT64_MAX / 8;
    problem.*part = 0;
    EXPECT_EQ(flops(problem), 0);
    EXPECT_EQ(useful_multiplications(problem), 0);
  }
}

TEST(Flops, RefuseWhatIsNoProblem) {
  ConvProblem problem = problems().front();
  problem.windows[0].stride = 0;
  expect_refused([&] { flops(problem); }, ErrorKind::Stride, "subsample");
  expect_refused([&] { useful_multiplications(problem); }, ErrorKind::Stride, "subsample");
}

TEST(Flops, OfShapesThatContradictOneAnotherAreRefused) {
  const auto refused = [](ErrorKind kind, const Shape& x, const Shape& w, const Shape& y,
                          std::int64_t groups = 1, bool unshared = false) {
    expect_refused([&] { flops(x, w, y, groups, unshared); }, kind, "");
  };
  EXPECT_EQ(flops({2, 4, 5}, {6, 2, 3}, {2, 6, 3}, 2), 2 * 2 * 6 * 3 * 2 * 3);
  EXPECT_EQ(flops({2, 4, 5}, {6, 3, 4, 3}, {2, 6, 3}, 1, true), 2 * 2 * 6 * 3 * 4 * 3);
  refused(ErrorKind::Rank, {2, 4}, {6, 4}, {2, 6});
  refused(ErrorKind::Rank, {2, 4, 5}, {6, 4, 3, 3}, {2, 6, 3});
  refused(ErrorKind::Rank, {2, 4, 5}, {6, 4, 3}, {2, 6, 3, 3});
  refused(ErrorKind::InputShape, {2, 4, -5}, {6, 4, 3}, {2, 6, 3});
  refused(ErrorKind::Groups, {2, 4, 5}, {6, 4, 3}, {2, 6, 3}, 3);
  refused(ErrorKind::Groups, {2, 4, 5}, {6, 4, 3}, {2, 6, 3}, 0);
  refused(ErrorKind::Channels, {2, 4, 5}, {6, 3, 3}, {2, 6, 3});
  refused(ErrorKind::Batch, {2, 4, 5}, {6, 4, 3}, {3, 6, 3});
  refused(ErrorKind::Channels, {2, 4, 5}, {6, 4, 3}, {2, 5, 3});
  refused(ErrorKind::Regions, {2, 4, 5}, {6, 2, 4, 3}, {2, 6, 3}, 1, true);
}

TEST(Flops, RefuseToOverflow) {
  constexpr std::int64_t kMany = std::int64_t{1} << 31;
  ConvProblem problem{.rank = 1, .batch = kMany, .channels = 1, .filters = kMany / 2};
  EXPECT_EQ(flops(problem), std::int64_t{1} << 62);
  EXPECT_EQ(useful_multiplications(problem), std::int64_t{1} << 61);
  problem.filters = kMany;
  expect_refused([&] { flops(problem); }, ErrorKind::Overflow, "problem");
  EXPECT_EQ(useful_multiplications(problem), std::int64_t{1} << 62);
  problem.channels = 2;
  expect_refused([&] { useful_multiplications(problem); }, ErrorKind::Overflow, "problem");
  expect_refused(
      [] {
        flops({kMany, 1, 1}, {kMany, 1, 1}, {kMany, kMany, 1});
      },
      ErrorKind::Overflow, "outputs");
}

TEST(FlopsLegacy, OfValidAreTheProductsOfTheOutputs) {
  EXPECT_EQ(flops_legacy({2, 3, 8, 9}, {4, 3, 3, 2}, {2, 4, 6, 8}, valid),
            2 * 2 * 4 * 6 * 8 * 3 * 3 * 2);
  EXPECT_EQ(flops_legacy({2, 3, 8, 9}, {4, 3, 3, 2}, {2, 4, 3, 4}, valid, {2, 2}),
            2 * 2 * 4 * 3 * 4 * 3 * 3 * 2);
}

TEST(FlopsLegacy, OfFullAreTheProductsInsideTheImages) {
  const Shape x{2, 3, 8, 9}, w{4, 3, 3, 2}, y{2, 4, 10, 10};
  ConvProblem full_problem = make_problem(Direction::Forward, x, w, {.border_mode = full});
  EXPECT_EQ(full_problem.y_shape(), y);
  EXPECT_EQ(flops_legacy(x, w, y, full), 2 * useful_multiplications(full_problem));
  EXPECT_EQ(flops_legacy(x, w, {2, 4, 5, 5}, full, {2, 2}), flops_legacy(x, w, y, full));
}

TEST(FlopsLegacy, RefusesWhatTheFunctionRefuses) {
  const auto refused = [](ErrorKind kind, const Shape& x, const Shape& w, AxisBorder::Kind mode,
                          const Dims& subsample = {1, 1}) {
    expect_refused([&] { flops_legacy(x, w, {2, 4, 6, 8}, mode, subsample); }, kind, "");
  };
  refused(ErrorKind::BorderMode, {2, 3, 8, 9}, {4, 3, 3, 2}, half);
  refused(ErrorKind::Rank, {2, 3, 8}, {4, 3, 3, 2}, valid);
  refused(ErrorKind::Rank, {2, 3, 8, 9}, {4, 3, 3, 2}, valid, {1});
  refused(ErrorKind::Stride, {2, 3, 8, 9}, {4, 3, 3, 2}, valid, {1, 0});
  refused(ErrorKind::InputShape, {2, 3, -8, 9}, {4, 3, 3, 2}, full);
  refused(ErrorKind::Channels, {2, 3, 8, 9}, {4, 2, 3, 2}, full);
  refused(ErrorKind::Channels, {2, 3, 8, 9}, {4, 2, 3, 2}, valid);
  refused(ErrorKind::Overflow, {INT64_MAX, 1, 1, 1}, {2, 1, 1, 1}, full);
}

}  // namespace
}  // namespace convcheck
