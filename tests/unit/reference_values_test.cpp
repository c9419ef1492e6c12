// Hand-worked answers of the definition.

#include "tests/unit/worked.h"

namespace convcheck {
namespace {

const Tensor kImage = counting({1, 1, 4, 4});
const Tensor kKernel = counting({1, 1, 2, 2});

TEST(Forward, Valid) {
  EXPECT_EQ(forward(kImage, kKernel), (Values{26, 36, 46, 66, 76, 86, 106, 116, 126}));
  EXPECT_EQ(forward(kImage, kKernel, {.filter_flip = false}),
            (Values{44, 54, 64, 84, 94, 104, 124, 134, 144}));
}

TEST(Forward, HalfAndFullPadAnEvenFilterAlike) {
  const Values expected{1,  4,  7,  10,  8,   8,   26, 36, 46, 32,  24,  66, 76,
                        86, 56, 40, 106, 116, 126, 80, 39, 94, 101, 108, 64};
  EXPECT_EQ(forward(kImage, kKernel, {.border_mode = half}), expected);
  EXPECT_EQ(forward(kImage, kKernel, {.border_mode = full}), expected);
}

TEST(Forward, AsymmetricPads) {
  EXPECT_EQ(
      forward(kImage, kKernel, {.border_mode = {{1, 0}, {0, 2}}, .filter_flip = false}),
      (Values{11, 18, 25, 12, 0, 44, 54, 64, 28, 0, 84, 94, 104, 44, 0, 124, 134, 144, 60, 0}));
}

TEST(Forward, HalfPadsTheDilatedFilter) {
  const ConvParameters noflip{
      .border_mode = half, .subsample = {2, 2}, .filter_flip = false, .filter_dilation = {2, 2}};
  EXPECT_EQ(forward(kImage, kKernel, noflip), (Values{24, 50, 68, 128}));
  ConvParameters flip = noflip;
  flip.filter_flip = true;
  EXPECT_EQ(forward(kImage, kKernel, flip), (Values{6, 20, 32, 92}));
}

TEST(Forward, StridesOfTheirOwnForRowsAndColumns) {
  EXPECT_EQ(forward(kImage, kKernel, {.border_mode = 1, .subsample = {2, 1}}),
            (Values{1, 4, 7, 10, 8, 24, 66, 76, 86, 56, 39, 94, 101, 108, 64}));
}

TEST(Forward, ThreeDimensions) {
  const Tensor cube = counting({1, 1, 2, 2, 2});
  EXPECT_EQ(forward(cube, cube), (Values{120}));
  EXPECT_EQ(forward(cube, cube, {.filter_flip = false}), (Values{204}));
  EXPECT_EQ(forward(cube, cube, {.border_mode = full}),
            (Values{1,  4,  4,   6,  20, 16, 9,  24, 16,  10, 32, 24,  44, 120,
                    80, 42, 104, 64, 25, 60, 36, 70, 164, 96, 49, 112, 64}));
  EXPECT_EQ(
      forward(cube, cube, {.border_mode = half, .subsample = {2, 2, 2}, .filter_flip = false}),
      (Values{8, 14, 18, 20, 20, 18, 14, 8}));
}

TEST(Forward, OneDimension) {
  const Tensor signal = counting({1, 1, 4}), pair = counting({1, 1, 2});
  EXPECT_EQ(forward(signal, pair), (Values{4, 7, 10}));
  EXPECT_EQ(forward(signal, pair, {.filter_flip = false}), (Values{5, 8, 11}));
  EXPECT_EQ(forward(signal, pair, {.border_mode = {{0, 1}}, .filter_flip = false}),
            (Values{5, 8, 11, 4}));
}

TEST(Forward, SumsTheChannelsAndKeepsTheImagesApart) {
  const Tensor x = counting({2, 2, 1}), w = f64({2, 2, 1}, {1, 10, 100, 1000});
  EXPECT_EQ(forward(x, w), (Values{21, 2100, 43, 4300}));
}

const Tensor kGroupedX = counting({1, 4, 1, 1});
const Tensor kGroupedW = f64({4, 2, 1, 1}, {1, 10, 2, 20, 3, 30, 4, 40});
const Tensor kGroupedY = counting({1, 4, 1, 1});
const ConvParameters kTwoGroups{.num_groups = 2};

TEST(Groups, AreContiguousBlocksInAllDirections) {
  EXPECT_EQ(forward(kGroupedX, kGroupedW, kTwoGroups), (Values{21, 42, 129, 172}));
  EXPECT_EQ(grad_inputs(kGroupedX.shape(), kGroupedW, kGroupedY, kTwoGroups),
            (Values{5, 50, 25, 250}));
  EXPECT_EQ(grad_weights(kGroupedX, kGroupedW.shape(), kGroupedY, kTwoGroups),
            (Values{1, 2, 2, 4, 9, 12, 12, 16}));
}

TEST(Groups, OneAChannelIsADepthwiseConvolution) {
  const Tensor x = f64({1, 2, 1}, {1, 10}), w = counting({4, 1, 1});
  EXPECT_EQ(forward(x, w, {.num_groups = 2}), (Values{1, 2, 30, 40}));
}

// One row with three regions of two taps; rank 1, 2 and 3 are the same numbers.
class Unshared : public testing::TestWithParam<std::size_t> {
 protected:
  // `front` axes, then ones, then the last axis.
  Shape shape(Shape front, std::int64_t last) const {
    for (std::size_t axis = 1; axis < GetParam(); ++axis) front.push_back(1);
    front.push_back(last);
    return front;
  }
  Shape w_shape() const {
    Shape extents = shape({1}, 3);
    extents.push_back(1);
    return shape(extents, 2);
  }
  Tensor x() const { return counting(shape({1, 1}, 4)); }
  Tensor w() const { return f64(w_shape(), {1, 10, 2, 20, 3, 30}); }
};

TEST_P(Unshared, ForwardTakesTheFiltersOfTheRegion) {
  EXPECT_EQ(forward(x(), w(), {.filter_flip = false, .unshared = true}), (Values{21, 64, 129}));
  EXPECT_EQ(forward(x(), w(), {.unshared = true}), (Values{12, 46, 102}));
}

TEST_P(Unshared, GradInputsSumsOverTheRegions) {
  const Tensor dy = ones(shape({1, 1}, 3));
  EXPECT_EQ(grad_inputs(x().shape(), w(), dy, {.filter_flip = false, .unshared = true}),
            (Values{1, 12, 23, 30}));
  EXPECT_EQ(grad_inputs(x().shape(), w(), dy, {.unshared = true}), (Values{10, 21, 32, 3}));
}

TEST_P(Unshared, GradWeightsKeepsTheRegionsApart) {
  const Tensor dy = counting(shape({1, 1}, 3));
  EXPECT_EQ(grad_weights(x(), w_shape(), dy, {.filter_flip = false, .unshared = true}),
            (Values{1, 2, 4, 6, 9, 12}));
  EXPECT_EQ(grad_weights(x(), w_shape(), dy, {.unshared = true}), (Values{2, 1, 6, 4, 12, 9}));
}

INSTANTIATE_TEST_SUITE_P(Rank, Unshared, testing::Values(1, 2, 3));

TEST(UnsharedGroups, ReadTheirOwnChannels) {
  const Tensor x = counting({1, 2, 2}), w = f64({2, 2, 1, 1}, {1, 10, 100, 1000});
  const ConvParameters parameters{.num_groups = 2, .unshared = true};
  EXPECT_EQ(forward(x, w, parameters), (Values{1, 20, 300, 4000}));
  const Tensor dy = counting({1, 2, 2});
  EXPECT_EQ(grad_inputs(x.shape(), w, dy, parameters), (Values{1, 20, 300, 4000}));
  EXPECT_EQ(grad_weights(x, w.shape(), dy, parameters), (Values{1, 4, 9, 16}));
}

const Tensor kTop = counting({1, 1, 3, 3});
const Tensor kNine = counting({1, 1, 3, 3});
const Tensor kFour = counting({1, 1, 2, 2});

TEST(GradInputs, Valid) {
  EXPECT_EQ(grad_inputs({1, 1, 4, 4}, kKernel, kTop),
            (Values{4, 11, 18, 9, 18, 37, 47, 21, 36, 67, 77, 33, 14, 23, 26, 9}));
  EXPECT_EQ(grad_inputs({1, 1, 4, 4}, kKernel, kTop, {.filter_flip = false}),
            (Values{1, 4, 7, 6, 7, 23, 33, 24, 19, 53, 63, 42, 21, 52, 59, 36}));
}

TEST(GradInputs, OfStridesGivesTheRowsThatNoWindowReachesZero) {
  const ConvParameters noflip{.subsample = {2, 2}, .filter_flip = false};
  EXPECT_EQ(grad_inputs({1, 1, 5, 5}, kNine, kFour, noflip),
            (Values{1,  2,  5,  4,  6,  4,  5,  14, 10, 12, 10, 14, 36,
                    24, 30, 12, 15, 34, 20, 24, 21, 24, 55, 32, 36}));
  EXPECT_EQ(grad_inputs({1, 1, 6, 6}, kNine, kFour, noflip),
            (Values{1,  2,  5,  4,  6,  0, 4,  5,  14, 10, 12, 0, 10, 14, 36, 24, 30, 0,
                    12, 15, 34, 20, 24, 0, 21, 24, 55, 32, 36, 0, 0,  0,  0,  0,  0,  0}));
  EXPECT_EQ(grad_inputs({1, 1, 5, 5}, kNine, kFour, {.subsample = {2, 2}}),
            (Values{9,  8,  25, 16, 14, 6,  5,  16, 10, 8,  30, 26, 64,
                    36, 30, 18, 15, 36, 20, 16, 9,  6,  15, 8,  4}));
}

TEST(GradInputs, ThreeDimensions) {
  // The one output's gradient is 2: every input gets twice the tap that it meets.
  const Tensor cube = counting({1, 1, 2, 2, 2}), two = f64({1, 1, 1, 1, 1}, {2});
  EXPECT_EQ(grad_inputs(cube.shape(), cube, two, {.filter_flip = false}),
            (Values{2, 4, 6, 8, 10, 12, 14, 16}));
  EXPECT_EQ(grad_inputs(cube.shape(), cube, two), (Values{16, 14, 12, 10, 8, 6, 4, 2}));
}

TEST(GradWeights, Valid) {
  EXPECT_EQ(grad_weights(kImage, {1, 1, 2, 2}, kTop), (Values{573, 528, 393, 348}));
  EXPECT_EQ(grad_weights(kImage, {1, 1, 2, 2}, kTop, {.filter_flip = false}),
            (Values{348, 393, 528, 573}));
}

TEST(GradWeights, StrideAndDilation) {
  const Tensor x = counting({1, 1, 5, 5});
  EXPECT_EQ(grad_weights(x, {1, 1, 3, 3}, kFour, {.subsample = {2, 2}, .filter_flip = false}),
            (Values{92, 102, 112, 142, 152, 162, 192, 202, 212}));
  EXPECT_EQ(grad_weights(x, {1, 1, 2, 2}, kTop, {.filter_flip = false, .filter_dilation = {2, 2}}),
            (Values{411, 501, 861, 951}));
}

TEST(GradWeights, SumsOverTheBatch) {
  const Tensor x = counting({2, 1, 2}), dy = f64({2, 1, 2}, {1, 10, 100, 1000});
  EXPECT_EQ(grad_weights(x, {1, 1, 1}, dy), (Values{1 + 20 + 300 + 4000}));
}

TEST(GradWeights, ThreeDimensions) {
  const Tensor cube = counting({1, 1, 2, 2, 2}), two = f64({1, 1, 1, 1, 1}, {2});
  EXPECT_EQ(grad_weights(cube, cube.shape(), two), (Values{16, 14, 12, 10, 8, 6, 4, 2}));
}

TEST(Transpose, IsTheGradientWithRespectToTheInput) {
  const double u[] = {1, 1, 2, 2, 2, 2, 2, 2, 1, 1};
  Values expected;
  for (int image = 0; image < 2; ++image) {
    for (const double row : u) {
      for (const double column : u) expected.push_back(2 * row * column);
    }
  }
  EXPECT_EQ(
      grad_inputs({2, 1, 10, 10}, ones({2, 1, 4, 4}), ones({2, 2, 4, 4}), {.subsample = {2, 2}}),
      expected);
}

}  // namespace
}  // namespace convcheck
