#include "reference/problem.h"

#include "tests/unit/worked.h"

namespace convcheck {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 62;

TEST(Window, OutputExtentIsFlooredEvenWhenTheFilterDoesNotFit) {
  EXPECT_EQ((Window{.input = 2, .filter = 3, .stride = 2}.output()), 0);
  EXPECT_EQ((Window{.input = 2, .filter = 5, .stride = 2}.output()), -1);
  EXPECT_EQ((Window{.input = 2, .filter = 5, .stride = 3}.output()), 0);
  EXPECT_EQ((Window{.input = 2, .filter = 5}.output()), -2);
}

TEST(Window, HalfKeepsTheExtentOfOddFiltersAndAddsOneForEvenOnes) {
  const auto output = [](std::int64_t filter, std::int64_t dilation) {
    return make_problem(Direction::Forward, {1, 1, 7}, {1, 1, filter},
                        {.border_mode = half, .filter_dilation = {dilation}})
        .output_extents();
  };
  EXPECT_EQ(output(3, 1), (Shape{7}));
  EXPECT_EQ(output(4, 1), (Shape{8}));
  EXPECT_EQ(output(4, 2), (Shape{7}));
}

TEST(Problem, TheLastOutputStaysInsideThePaddedInput) {
  for (std::int64_t input = 0; input < 8; ++input) {
    for (std::int64_t filter = 1; filter < 4; ++filter) {
      for (std::int64_t stride = 1; stride < 4; ++stride) {
        const Window window{.input = input, .filter = filter, .stride = stride, .pad_after = 2};
        if (window.output() < 1) continue;
        const std::int64_t last = (window.output() - 1) * stride + filter;
        EXPECT_LE(last, window.padded_input());
        EXPECT_GT(last + stride, window.padded_input());
      }
    }
  }
}

TEST(Problem, ShapesOfTheThreeOperands) {
  const ConvProblem problem =
      make_problem(Direction::GradWeights, {2, 6, 9, 10}, {4, 7, 8, 3, 3, 3},
                   {.num_groups = 2, .unshared = true}, {2, 4, 7, 8});
  EXPECT_EQ(problem.x_shape(), (Shape{2, 6, 9, 10}));
  EXPECT_EQ(problem.w_shape(), (Shape{4, 7, 8, 3, 3, 3}));
  EXPECT_EQ(problem.y_shape(), (Shape{2, 4, 7, 8}));
  EXPECT_EQ(problem.result_shape(), problem.w_shape());
}

TEST(Problem, BatchChannelsAndFiltersMayBeZero) {
  EXPECT_EQ(make_problem(Direction::Forward, {0, 3, 5}, {4, 3, 3}, {}).y_shape(), (Shape{0, 4, 3}));
  EXPECT_EQ(make_problem(Direction::Forward, {2, 3, 5}, {0, 3, 3}, {}).y_shape(), (Shape{2, 0, 3}));
  EXPECT_EQ(make_problem(Direction::Forward, {2, 0, 5}, {4, 0, 3}, {}).y_shape(), (Shape{2, 4, 3}));
  EXPECT_EQ(make_problem(Direction::Forward, {2, 0, 5}, {4, 0, 3}, {.num_groups = 2}).channels, 0);
}

TEST(Problem, SumsOfNothingAreZero) {
  EXPECT_EQ(forward(counting({1, 0, 3}), counting({2, 0, 1})), Values(6, 0.0));
  EXPECT_EQ(grad_inputs({2, 1, 3}, counting({0, 1, 1}), counting({2, 0, 3})), Values(6, 0.0));
  EXPECT_EQ(grad_weights(counting({0, 2, 3}), {2, 2, 1}, counting({0, 2, 3})), Values(4, 0.0));
  EXPECT_EQ(grad_weights(counting({0, 4, 3}), {2, 2, 1}, counting({0, 2, 3}), {.num_groups = 2}),
            Values(4, 0.0));
}

TEST(Problem, AnEmptyInputIsLegalWhereThePaddingHoldsTheFilter) {
  EXPECT_EQ(forward(counting({1, 1, 0}), counting({1, 1, 3}), {.border_mode = full}),
            Values(2, 0.0));
}

TEST(Problem, EqualFieldsAreEqualProblems) {
  const auto problem = [](const BorderMode& border) {
    return make_problem(Direction::Forward, {1, 1, 5, 5}, {1, 1, 3, 3}, {.border_mode = border});
  };
  EXPECT_EQ(problem(half), problem({1, {1, 1}}));
  EXPECT_FALSE(problem(half) == problem(full));
}

// A call with one thing wrong; everything else is right.
struct Wrong {
  Shape x{2, 4, 5, 6}, w{6, 2, 3, 3};
  ConvParameters parameters{.num_groups = 2};
  Shape y{};
};

void refused(const Wrong& call, ErrorKind kind, const std::string& argument,
             const std::string& value) {
  for (const Direction direction : kAllDirections) {
    expect_refused([&] { make_problem(direction, call.x, call.w, call.parameters, call.y); }, kind,
                   argument, value);
  }
}

TEST(Refusal, TheUnchangedCallIsAccepted) {
  const Wrong right{.y = {2, 6, 3, 4}};
  EXPECT_NO_THROW(make_problem(Direction::GradInputs, right.x, right.w, right.parameters, right.y));
}

TEST(Refusal, OutputBelowOne) {
  refused({.w = {6, 2, 6, 3}}, ErrorKind::OutputShape, "output extent[0]", "0");
  refused({.w = {6, 2, 3, 9}}, ErrorKind::OutputShape, "output extent[1]", "-2");
  refused({.x = {2, 4, 0, 6}}, ErrorKind::OutputShape, "output extent[0]", "-2");
  refused({.parameters = {.filter_dilation = {1, 3}, .num_groups = 2}}, ErrorKind::OutputShape,
          "output extent[1]", "0");
}

TEST(Refusal, Groups) {
  refused({.parameters = {.num_groups = 0}}, ErrorKind::Groups, "num_groups", "0");
  refused({.parameters = {.num_groups = -2}}, ErrorKind::Groups, "num_groups", "-2");
  refused({.parameters = {.num_groups = 3}}, ErrorKind::Groups, "num_groups", "3");
  refused({.w = {7, 2, 3, 3}}, ErrorKind::Groups, "num_groups", "2");
}

TEST(Refusal, Channels) {
  refused({.w = {6, 4, 3, 3}}, ErrorKind::Channels, "filters' channels", "4");
  refused({.w = {6, 0, 3, 3}}, ErrorKind::Channels, "filters' channels", "0");
}

TEST(Refusal, NegativeExtents) {
  refused({.x = {-1, 4, 5, 6}}, ErrorKind::Batch, "batch", "-1");
  refused({.x = {2, -4, 5, 6}}, ErrorKind::Channels, "channels", "-4");
  refused({.x = {2, 4, -5, 6}}, ErrorKind::InputShape, "input extent[0]", "-5");
  refused({.w = {-6, 2, 3, 3}}, ErrorKind::FilterShape, "filters", "-6");
  refused({.w = {6, 2, 3, 0}}, ErrorKind::FilterShape, "filter extent[1]", "0");
  refused({.w = {6, 2, -3, 3}}, ErrorKind::FilterShape, "filter extent[0]", "-3");
}

TEST(Refusal, StrideAndDilationBelowOne) {
  refused({.parameters = {.subsample = {1, 0}, .num_groups = 2}}, ErrorKind::Stride, "subsample[1]",
          "0");
  refused({.parameters = {.subsample = {-1, 1}, .num_groups = 2}}, ErrorKind::Stride,
          "subsample[0]", "-1");
  refused({.parameters = {.filter_dilation = {0, 1}, .num_groups = 2}}, ErrorKind::Dilation,
          "filter_dilation[0]", "0");
  refused({.parameters = {.filter_dilation = {1, -1}, .num_groups = 2}}, ErrorKind::Dilation,
          "filter_dilation[1]", "-1");
}

TEST(Refusal, BorderModes) {
  const auto border = [](const BorderMode& mode, const char* value) {
    refused({.parameters = {.border_mode = mode, .num_groups = 2}}, ErrorKind::BorderMode,
            "border_mode", value);
  };
  border(-1, "-1");
  border({1, -1}, "-1");
  border({{0, -2}, 1}, "(0,-2)");
  border({1, 1, 1}, "1,1,1");
  border({{1, 1}}, "1");
  border({half, 1}, "half,1");
}

TEST(Refusal, Ranks) {
  refused({.x = {2, 4}}, ErrorKind::Rank, "input", "2x4");
  refused({.x = {2, 4, 5, 5, 5, 5}}, ErrorKind::Rank, "input", "2x4x5x5x5x5");
  refused({.w = {6, 2, 3}}, ErrorKind::Rank, "filters", "6x2x3");
  refused({.w = {6, 3, 4, 2, 3, 3}}, ErrorKind::Rank, "filters", "6x3x4x2x3x3");
  refused({.parameters = {.num_groups = 2, .unshared = true}}, ErrorKind::Rank, "filters",
          "6x2x3x3");
  refused({.parameters = {.subsample = {1}, .num_groups = 2}}, ErrorKind::Rank, "subsample", "1");
  refused({.parameters = {.filter_dilation = {1, 1, 1}, .num_groups = 2}}, ErrorKind::Rank,
          "filter_dilation", "1x1x1");
  refused({.y = {2, 6, 3}}, ErrorKind::Rank, "output_grad", "2x6x3");
}

TEST(Refusal, OutputGradient) {
  refused({.y = {3, 6, 3, 4}}, ErrorKind::Batch, "output_grad's batch", "3");
  refused({.y = {2, 5, 3, 4}}, ErrorKind::Channels, "output_grad's channels", "5");
  refused({.y = {2, 6, 3, 5}}, ErrorKind::OutputShape, "output_grad's shape", "2x6x3x5");
  refused({.w = {6, 2, 2, 3}, .y = {2, 6, 3, 4}}, ErrorKind::OutputShape, "output_grad's shape",
          "2x6x3x4");
  // With stride 2 the extents 5 and 6 give 2 outputs; 4 and 7 do not.
  for (const std::int64_t extent : {4, 7}) {
    expect_refused(
        [&] {
          make_problem(Direction::GradInputs, {1, 1, extent}, {1, 1, 3}, {.subsample = {2}},
                       {1, 1, 2});
        },
        ErrorKind::OutputShape, "output_grad's shape", "1x1x2");
  }
}

TEST(Refusal, UnsharedRegions) {
  Wrong call{.w = {6, 3, 4, 2, 3, 3}, .parameters = {.num_groups = 2, .unshared = true}};
  EXPECT_NO_THROW(make_problem(Direction::Forward, call.x, call.w, call.parameters));
  call.w = {6, 4, 3, 2, 3, 3};
  refused(call, ErrorKind::Regions, "filters' regions", "4x3");
  call.w = {6, 1, 1, 2, 3, 3};
  refused(call, ErrorKind::Regions, "filters' regions", "1x1");
}

TEST(Refusal, WhatDoesNotFitIn63Bits) {
  refused({.x = {2, 4, kHuge, 6}}, ErrorKind::Overflow, "input extent[0]", std::to_string(kHuge));
  refused({.w = {6, 2, 3, kHuge}}, ErrorKind::Overflow, "filter extent[1]", std::to_string(kHuge));
  refused({.parameters = {.subsample = {kHuge, 1}, .num_groups = 2}}, ErrorKind::Overflow,
          "input extent[0]", "5");
  refused({.parameters = {.filter_dilation = {kHuge, 1}, .num_groups = 2}}, ErrorKind::Overflow,
          "filter extent[0]", "3");
  refused({.parameters = {.border_mode = kHuge, .num_groups = 2}}, ErrorKind::Overflow,
          "input extent[0]", "5");
  refused({.parameters = {.border_mode = {{INT64_MAX, INT64_MAX}, 0}, .num_groups = 2}},
          ErrorKind::Overflow, "input extent[0]", "5");
  refused({.x = {kHuge, 4, 5, 6}}, ErrorKind::Overflow, "input", std::to_string(kHuge));
  refused({.w = {kHuge, 2, 3, 3}}, ErrorKind::Overflow, "filters", std::to_string(kHuge));
  refused({.x = {kHuge, 0, 5, 6}, .w = {6, 0, 3, 3}}, ErrorKind::Overflow, "output",
          std::to_string(kHuge));
}

TEST(Refusal, OfAHandMadeProblem) {
  ConvProblem problem;
  EXPECT_NO_THROW(validate(problem));
  problem.rank = 0;
  expect_refused([&] { validate(problem); }, ErrorKind::Rank, "rank", "0");
  problem.rank = 4;
  expect_refused([&] { validate(problem); }, ErrorKind::Rank, "rank", "4");
  problem.rank = 3;
  problem.windows[2].pad_before = -1;
  expect_refused([&] { validate(problem); }, ErrorKind::BorderMode, "pad before[2]", "-1");
  problem.rank = 2;
  EXPECT_NO_THROW(validate(problem)) << "windows beyond the rank are not used";
  problem.windows[0].pad_after = -1;
  expect_refused([&] { validate(problem); }, ErrorKind::BorderMode, "pad after[0]", "-1");
}

TEST(Refusal, SaysWhatWasExpected) {
  try {
    make_problem(Direction::Forward, {1, 1, 5}, {1, 1, 6}, {.border_mode = {{0, 0}}});
    FAIL() << "not refused";
  } catch (const ConvError& error) {
    EXPECT_STREQ(error.what(),
                 "output extent[0] = 0: expected >= 1: input 5 with pads 0 and 0 is smaller than "
                 "the dilated filter 6");
  }
}

}  // namespace
}  // namespace convcheck
