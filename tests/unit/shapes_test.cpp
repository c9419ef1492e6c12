// Hand-worked answers of the shape helpers, and what they refuse.
#include "reference/shapes.h"

#include <gtest/gtest.h>

#include "reference/problem.h"

namespace convcheck {
namespace {

constexpr auto unknown = std::nullopt;

template <class Call>
ErrorKind kind_of(const Call& call) {
  try {
    call();
  } catch (const ConvError& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing was refused";
  return ErrorKind::Unsupported;
}

TEST(GetConvShape1Axis, GivesTheDocumentedValues) {
  EXPECT_EQ(get_conv_shape_1axis(5, 3, valid, 1), 3);
  EXPECT_EQ(get_conv_shape_1axis(7, 3, half, 2, 2), 4);
  EXPECT_EQ(get_conv_shape_1axis(6, 2, half, 1), 7);
  EXPECT_EQ(get_conv_shape_1axis(0, 3, full, 1), 2);
  EXPECT_EQ(get_conv_shape_1axis(5, 3, AxisBorder(0, 2), 1), 5);
}

TEST(GetConvShape1Axis, FloorsTheImpossible) {
  EXPECT_EQ(get_conv_shape_1axis(2, 5, valid, 1), -2);
  EXPECT_EQ(get_conv_shape_1axis(2, 5, valid, 2), -1);
  EXPECT_EQ(get_conv_shape_1axis(2, 5, valid, 3), 0);
  EXPECT_EQ(get_conv_shape_1axis(2, 3, valid, 2), 0);
  EXPECT_EQ(get_conv_shape_1axis(5, 0, valid, 1), 6);
  EXPECT_EQ(get_conv_shape_1axis(5, 0, half, 1, 2), 5);  // dilated -1, half of it floored to -1
}

TEST(Helpers1Axis, AreUnknownWhenAnyArgumentIs) {
  using Helper = OptionalExtent (*)(OptionalExtent, OptionalExtent, const OptionalBorder&,
                                    OptionalExtent, OptionalExtent);
  for (const Helper helper : {&get_conv_shape_1axis, &get_conv_gradweights_shape_1axis,
                              &get_conv_gradinputs_shape_1axis}) {
    EXPECT_TRUE(helper(5, 3, valid, 1, 1));
    EXPECT_FALSE(helper(unknown, 3, valid, 1, 1));
    EXPECT_FALSE(helper(5, unknown, valid, 1, 1));
    EXPECT_FALSE(helper(5, 3, unknown, 1, 1));
    EXPECT_FALSE(helper(5, 3, valid, unknown, 1));
    EXPECT_FALSE(helper(5, 3, valid, 1, unknown));
    EXPECT_FALSE(helper(unknown, 3, AxisBorder(-1), 1, 1)) << "the unknown comes before the check";
  }
}

TEST(Helpers1Axis, RefuseWhatNoOperatorTakes) {
  using Helper = OptionalExtent (*)(OptionalExtent, OptionalExtent, const OptionalBorder&,
                                    OptionalExtent, OptionalExtent);
  for (const Helper helper : {&get_conv_shape_1axis, &get_conv_gradweights_shape_1axis,
                              &get_conv_gradinputs_shape_1axis}) {
    EXPECT_EQ(kind_of([&] { helper(5, 3, AxisBorder(-1), 1, 1); }), ErrorKind::BorderMode);
    EXPECT_EQ(kind_of([&] { helper(5, 3, AxisBorder(0, -1), 1, 1); }), ErrorKind::BorderMode);
    EXPECT_EQ(kind_of([&] { helper(5, 3, valid, 0, 1); }), ErrorKind::Stride);
    EXPECT_EQ(kind_of([&] { helper(5, 3, valid, -1, 1); }), ErrorKind::Stride);
    EXPECT_EQ(kind_of([&] { helper(5, 3, valid, 1, 0); }), ErrorKind::Dilation);
    EXPECT_EQ(kind_of([&] { helper(INT64_MAX, INT64_MIN, AxisBorder(INT64_MAX), 1, 1); }),
              ErrorKind::Overflow);
  }
  EXPECT_EQ(kind_of([] { get_conv_shape_1axis(5, INT64_MAX, full, 1, INT64_MAX); }),
            ErrorKind::Overflow);
}

TEST(GetConvOutputShape, GivesTheExamplesOfTheOperatorsOwnTests) {
  const OptionalShape image{3, 2, 12, 9}, kernel{4, 2, 5, 6};
  const auto shape = [&](const OptionalBorderMode& border_mode) {
    return get_conv_output_shape(
        image, kernel,
        {.border_mode = border_mode, .subsample = {1, 2}, .filter_dilation = {2, 1}});
  };
  EXPECT_EQ(shape(valid), (OptionalShape{3, 4, 4, 2}));
  EXPECT_EQ(shape(half), (OptionalShape{3, 4, 12, 5}));
  EXPECT_EQ(shape(full), (OptionalShape{3, 4, 20, 7}));
  EXPECT_EQ(shape({1, 2}), (OptionalShape{3, 4, 6, 4}));
  EXPECT_EQ(shape(BorderMode{1, {0, 4}}), (OptionalShape{3, 4, 6, 4}));
  EXPECT_EQ(shape({half, unknown}), (OptionalShape{3, 4, 12, unknown}));
  EXPECT_EQ(shape(unknown), (OptionalShape{3, 4, unknown, unknown}));
  EXPECT_EQ(shape(1), (OptionalShape{3, 4, 6, 3}));
}

TEST(GetConvOutputShape, WorksInOneAndThreeDimensions) {
  const OptionalShape image{3, 2, 12, 9, 7}, kernel{4, 2, 5, 6, 4};
  const auto shape = [&](const OptionalBorderMode& border_mode) {
    return get_conv_output_shape(
        image, kernel,
        {.border_mode = border_mode, .subsample = {1, 2, 1}, .filter_dilation = {2, 1, 1}});
  };
  EXPECT_EQ(shape(valid), (OptionalShape{3, 4, 4, 2, 4}));
  EXPECT_EQ(shape(half), (OptionalShape{3, 4, 12, 5, 8}));
  EXPECT_EQ(shape(full), (OptionalShape{3, 4, 20, 7, 10}));
  EXPECT_EQ(shape({1, 2, 3}), (OptionalShape{3, 4, 6, 4, 10}));
  EXPECT_EQ(get_conv_output_shape({2, 1, 8}, {5, 1, 3}), (OptionalShape{2, 5, 6}));
}

TEST(GetConvOutputShape, TakesUnsharedFiltersByTheirAxes) {
  EXPECT_EQ(get_conv_output_shape({2, 3, 9, 10}, {4, 7, 8, 3, 3, 3}), (OptionalShape{2, 4, 7, 8}));
  EXPECT_EQ(kind_of([] {
              get_conv_output_shape({2, 3, 9, 10}, {4, 7, 3, 3, 3});
            }),
            ErrorKind::Rank);
}

TEST(Helpers, RefuseTuplesOfAnotherRank) {
  const OptionalShape image{2, 3, 9, 10}, kernel{4, 3, 3, 3};
  const auto kind = [&](const ConvShapeOptions& options) {
    return kind_of([&] { get_conv_output_shape(image, kernel, options); });
  };
  EXPECT_EQ(kind({.subsample = {1}}), ErrorKind::Rank);
  EXPECT_EQ(kind({.filter_dilation = {1, 1, 1}}), ErrorKind::Rank);
  EXPECT_EQ(kind({.border_mode = {1, 1, 1}}), ErrorKind::BorderMode);
  EXPECT_EQ(kind_of([&] { get_conv_output_shape({2, 3}, kernel); }), ErrorKind::Rank);
  EXPECT_EQ(kind_of([&] { get_conv_gradweights_shape(image, {2, 4, 7}); }), ErrorKind::Rank);
}

TEST(GetConvGradweightsShape1Axis, InvertsWhereOneFilterFits) {
  EXPECT_EQ(get_conv_gradweights_shape_1axis(7, 3, valid, 1, 2), 3);
  EXPECT_EQ(get_conv_gradweights_shape_1axis(5, 7, full, 1), 3);
  EXPECT_EQ(get_conv_gradweights_shape_1axis(5, 9, full, 1, 2), 3);
  EXPECT_EQ(get_conv_gradweights_shape_1axis(5, 4, AxisBorder(0, 1), 1), 3);
  EXPECT_EQ(get_conv_gradweights_shape_1axis(7, 3, valid, 2), unknown);
  EXPECT_EQ(get_conv_gradweights_shape_1axis(7, 7, half, 1), unknown);
}

TEST(GetConvGradweightsShape1Axis, RefusesAFractionOfATap) {
  try {
    get_conv_gradweights_shape_1axis(8, 3, valid, 1, 2);
    FAIL() << "5 / 2 taps were accepted";
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::OutputShape);
    EXPECT_STREQ(error.what(),
                 "top_shape = 3: expected an extent that image_shape 8 and some filter with "
                 "dilation 2 give");
  }
}

TEST(GetConvGradweightsShape, DividesTheChannelsByTheGroups) {
  const OptionalShape image{2, 6, 5, 5}, top{2, 4, 3, 3};
  EXPECT_EQ(get_conv_gradweights_shape(image, top, {.num_groups = 2}), (OptionalShape{4, 3, 3, 3}));
  EXPECT_EQ(get_conv_gradweights_shape(image, top, {.num_groups = 2, .unshared = true}),
            (OptionalShape{4, 3, 3, 3, 3, 3}));
  EXPECT_EQ(get_conv_gradweights_shape({2, unknown, 5, 5}, {2, unknown, unknown, 3},
                                       {.num_groups = 2, .unshared = true}),
            (OptionalShape{unknown, unknown, 3, unknown, unknown, 3}));
  for (const std::int64_t num_groups : {0, -1, 4}) {
    EXPECT_EQ(kind_of([&] { get_conv_gradweights_shape(image, top, {.num_groups = num_groups}); }),
              ErrorKind::Groups);
  }
}

TEST(GetConvGradinputsShape, TakesTheChannelsOfUnsharedFiltersAfterTheRegions) {
  const OptionalShape kernel{4, 7, 8, 3, 3, 3}, top{2, 4, 7, 8};
  EXPECT_EQ(get_conv_gradinputs_shape(kernel, top, {.unshared = true}),
            (OptionalShape{2, 3, 9, 10}));
  EXPECT_EQ(get_conv_gradinputs_shape(kernel, top, {.num_groups = 2, .unshared = true}),
            (OptionalShape{2, 6, 9, 10}));
  EXPECT_EQ(kind_of([&] { get_conv_gradinputs_shape(kernel, top); }), ErrorKind::Rank);
}

TEST(GetConvGradinputsShape, MultipliesTheChannelsByTheGroups) {
  const OptionalShape kernel{4, 3, 3, 3}, top{2, 4, 7, 8};
  EXPECT_EQ(get_conv_gradinputs_shape(kernel, top, {.subsample = {1, 2}, .num_groups = 2}),
            (OptionalShape{2, 6, 9, unknown}));
  EXPECT_EQ(get_conv_gradinputs_shape({4, unknown, 3, 3}, top, {.num_groups = 2}),
            (OptionalShape{2, unknown, 9, 10}));
  EXPECT_EQ(kind_of([&] { get_conv_gradinputs_shape(kernel, top, {.num_groups = 0}); }),
            ErrorKind::Groups);
  EXPECT_EQ(kind_of([&] {
              get_conv_gradinputs_shape({4, INT64_MAX, 3, 3}, top, {.num_groups = 2});
            }),
            ErrorKind::Overflow);
}

TEST(CheckConvGradinputsShape, AcceptsExactlyWhatTheForwardMapGives) {
  const OptionalShape image{2, 6, 9, 10}, kernel{4, 3, 3, 3};
  const ConvShapeOptions options{.border_mode = half, .subsample = {2, 1}, .num_groups = 2};
  EXPECT_TRUE(check_conv_gradinputs_shape(image, kernel, {2, 4, 5, 10}, options));
  EXPECT_TRUE(check_conv_gradinputs_shape(image, kernel, {2, unknown, 5, unknown}, options));
  EXPECT_TRUE(check_conv_gradinputs_shape({unknown, 6, 9, unknown}, kernel, {7, 4, 5, 7}, options));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, kernel, {3, 4, 5, 10}, options));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, kernel, {2, 5, 5, 10}, options));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, kernel, {2, 4, 4, 10}, options));
}

TEST(CheckConvGradinputsShape, IsFalseForContradictingLengths) {
  const OptionalShape image{2, 3, 9, 10}, kernel{4, 3, 3, 3}, top{2, 4, 7, 8};
  EXPECT_TRUE(check_conv_gradinputs_shape(image, kernel, top));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, kernel, {2, 4, 7}));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, {4, 3, 3}, top));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, kernel, top, {.subsample = {1}}));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, kernel, top, {.filter_dilation = {1, 1, 1}}));
}

TEST(CheckConvGradinputsShape, ComparesTheRegionsOfUnsharedFilters) {
  const OptionalShape image{2, 3, 9, 10}, kernel{4, 7, 8, 3, 3, 3}, top{2, 4, 7, 8};
  EXPECT_TRUE(check_conv_gradinputs_shape(image, kernel, top, {.unshared = true}));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, kernel, top));
  EXPECT_FALSE(check_conv_gradinputs_shape(image, {4, 7, 9, 3, 3, 3}, top, {.unshared = true}));
  EXPECT_TRUE(
      check_conv_gradinputs_shape(image, {4, 7, unknown, 3, 3, 3}, top, {.unshared = true}));
}

TEST(AssertConvShape, NamesTheIndexOfAnImpossibleExtent) {
  EXPECT_EQ(assert_conv_shape({0, 0, 1, 1}), (Shape{0, 0, 1, 1}));
  EXPECT_THROW(assert_conv_shape({-1, 0, 1, 1}), ConvError);
  EXPECT_THROW(assert_conv_shape({0, -1, 1, 1}), ConvError);
  try {
    assert_conv_shape({2, 3, 4, 0, 5});
    FAIL() << "an empty output was accepted";
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::OutputShape);
    EXPECT_STREQ(error.what(), "shape[3] = 0: expected >= 1");
  }
}

TEST(AssertShape, ComparesTheKnownExtents) {
  const Tensor x(Shape{2, 3, 4});
  EXPECT_NO_THROW(assert_shape(x, {}, "nothing is expected"));
  EXPECT_NO_THROW(assert_shape(x, {2, unknown, 4}, "input_shape"));
  EXPECT_EQ(kind_of([&] { assert_shape(x, {2, 3}, "input_shape"); }), ErrorKind::Rank);
  EXPECT_EQ(kind_of([&] {
              assert_shape(x, {3, 3, 4}, "filter_shape", ErrorKind::FilterShape);
            }),
            ErrorKind::FilterShape);
  try {
    assert_shape(x, {2, unknown, 5}, "as input_shape says");
    FAIL() << "a wrong extent was accepted";
  } catch (const ConvError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::InputShape);
    EXPECT_STREQ(error.what(), "shape = 2x3x4: expected 2x?x5: as input_shape says");
  }
}

TEST(BorderModeToPad, TakesEverySpelling) {
  using AllPads = std::vector<Pads>;
  EXPECT_EQ(border_mode_to_pad(valid, 2, {3, 5}), (AllPads{{0, 0}, {0, 0}}));
  EXPECT_EQ(border_mode_to_pad(half, 2, {4, 5}), (AllPads{{2, 2}, {2, 2}}));
  EXPECT_EQ(border_mode_to_pad(full, 1, {5}), (AllPads{{4, 4}}));
  EXPECT_EQ(border_mode_to_pad(2, 3, {1, 1, 1}), (AllPads{{2, 2}, {2, 2}, {2, 2}}));
  EXPECT_EQ(border_mode_to_pad({1, {2, 3}}, 2, {1, 1}), (AllPads{{1, 1}, {2, 3}}));
  EXPECT_EQ(border_mode_to_pad({{0, 1}, 2, {3, 4}}, 3, {1, 1, 1}),
            (AllPads{{0, 1}, {2, 2}, {3, 4}}));
}

TEST(BorderModeToPad, RefusesWhatIsNotABorderMode) {
  EXPECT_EQ(kind_of([] { border_mode_to_pad({1, 2}, 3, {1, 1, 1}); }), ErrorKind::BorderMode);
  EXPECT_EQ(kind_of([] { border_mode_to_pad({1, -2}, 2, {1, 1}); }), ErrorKind::BorderMode);
  EXPECT_EQ(kind_of([] { border_mode_to_pad(-1, 2, {1, 1}); }), ErrorKind::BorderMode);
  EXPECT_EQ(kind_of([] { border_mode_to_pad({1, half}, 2, {1, 1}); }), ErrorKind::BorderMode);
  EXPECT_EQ(kind_of([] { border_mode_to_pad(valid, 2, {1, 1, 1}); }), ErrorKind::Rank);
}

TEST(BorderModeToPad, RefusesExtentsBelowOne) {
  for (const std::int64_t extent : {std::int64_t{0}, INT64_MIN}) {
    EXPECT_EQ(kind_of([&] { border_mode_to_pad(full, 1, {extent}); }), ErrorKind::FilterShape);
    EXPECT_EQ(kind_of([&] { border_mode_to_pad(half, 1, {extent}); }), ErrorKind::FilterShape);
  }
}

TEST(OptionalShapes, PrintUnknownsAsQuestionMarks) {
  EXPECT_EQ(to_string(OptionalShape{2, unknown, 7}), "2x?x7");
  EXPECT_EQ(to_string(OptionalShape{}), "scalar");
  EXPECT_EQ(optional_shape({2, 3}), (OptionalShape{2, 3}));
}

}  // namespace
}  // namespace convcheck
