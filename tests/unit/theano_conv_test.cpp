#include "reference/theano_conv.h"

#include "tests/unit/worked.h"

namespace convcheck::abstract_conv {
namespace {

const Tensor kImage = counting({1, 1, 4, 4});
const Tensor kKernel = counting({1, 1, 2, 2});

TEST(Conv, IsATrueConvolution) {
  const Tensor valid_result = conv(kImage, kKernel);
  EXPECT_EQ(valid_result.shape(), (Shape{1, 1, 3, 3}));
  EXPECT_EQ(valid_result.values(), (Values{26, 36, 46, 66, 76, 86, 106, 116, 126}));
  const Tensor full_result = conv(kImage, kKernel, {.mode = full});
  EXPECT_EQ(full_result.shape(), (Shape{1, 1, 5, 5}));
  EXPECT_EQ(full_result.values(), forward(kImage, kKernel, {.border_mode = full}));
}

TEST(Conv, TakesOneDilationForAllAxesOrOneForEach) {
  EXPECT_EQ(conv(kImage, kKernel, {.dilation = 2}).values(),
            forward(kImage, kKernel, {.filter_dilation = {2, 2}}));
  EXPECT_EQ(conv(kImage, kKernel, {.dilation = {1, 2}}).values(),
            forward(kImage, kKernel, {.filter_dilation = {1, 2}}));
}

TEST(Conv, HasTheTypeOfTheImage) {
  const Tensor f32 = Tensor::copy_of(kImage, DataType::F32);
  EXPECT_EQ(conv(f32, kKernel).type(), DataType::F32);
  EXPECT_EQ(conv(kImage, Tensor::copy_of(kKernel, DataType::F16)).type(), DataType::F64);
}

TEST(Conv, TakesOneAndThreeAxesAndGroups) {
  EXPECT_EQ(conv(counting({1, 1, 4}), counting({1, 1, 2})).values(), (Values{4, 7, 10}));
  EXPECT_EQ(conv(counting({1, 1, 2, 2, 2}), counting({1, 1, 2, 2, 2})).values(), (Values{120}));
  EXPECT_EQ(conv(counting({1, 4, 1, 1}), f64({4, 2, 1, 1}, {1, 10, 2, 20, 3, 30, 4, 40}),
                 {.num_groups = 2})
                .values(),
            (Values{21, 42, 129, 172}));
}

TEST(Conv, DirectionChangesNothingForSharedFilters) {
  for (const char* direction : {"backprop inputs", "backprop weights"}) {
    EXPECT_EQ(conv(kImage, kKernel, {.mode = full, .direction = direction}).values(),
              conv(kImage, kKernel, {.mode = full}).values());
  }
}

TEST(Conv, RefusesWhatTheDocumentationRefuses) {
  const auto refused = [](const ConvOptions& options, ErrorKind kind, const char* argument,
                          const char* value) {
    expect_refused([&] { conv(kImage, kKernel, options); }, kind, argument, value);
  };
  refused({.mode = half}, ErrorKind::BorderMode, "mode", "half");
  refused({.mode = 1}, ErrorKind::BorderMode, "mode", "1");
  refused({.mode = {1, 1}}, ErrorKind::BorderMode, "mode", "1,1");
  refused({.dilation = {2}}, ErrorKind::Rank, "dilation", "2");
  refused({.dilation = {1, 1, 1}}, ErrorKind::Rank, "dilation", "1x1x1");
  refused({.dilation = 0}, ErrorKind::Dilation, "dilation", "0");
  refused({.direction = "backward"}, ErrorKind::Unsupported, "direction", "'backward'");
  refused({.direction = ""}, ErrorKind::Unsupported, "direction", "''");
  refused({.num_groups = 0}, ErrorKind::Groups, "num_groups", "0");
  refused({.num_groups = 2}, ErrorKind::Groups, "num_groups", "2");
}

TEST(Conv, RefusesOperandsThatDoNotFit) {
  expect_refused(
      [] {
        conv(kImage, counting({1, 2, 2, 2}));
      },
      ErrorKind::Channels, "channels", "2");
  expect_refused(
      [] {
        conv(kImage, counting({1, 1, 5, 2}));
      },
      ErrorKind::OutputShape, "output", "0");
  expect_refused([] { conv(kImage, counting({1, 1, 2})); }, ErrorKind::Rank, "kern", "1x1x2");
  expect_refused([] { conv(counting({4, 4}), kKernel); }, ErrorKind::Rank, "img", "4x4");
  TensorView cuda = kImage;
  cuda.memory = MemoryKind::Cuda;
  expect_refused([&] { conv(cuda, kKernel); }, ErrorKind::Memory, "memory");
}

TEST(Conv, RefusesWhatUnsharedGradientsCannotHave) {
  const Tensor dy = counting({1, 1, 3, 3});
  ConvOptions options{.mode = full, .unshared = true, .direction = "backprop weights"};
  expect_refused([&] { conv(kImage, dy, options); }, ErrorKind::BorderMode, "mode", "full");
  options.mode = valid;
  EXPECT_NO_THROW(conv(kImage, dy, options));
  options.dilation = 2;
  expect_refused([&] { conv(kImage, dy, options); }, ErrorKind::Dilation, "dilation", "2x2");
}

TEST(Conv, RefusesRegionsThatAreNotThePositions) {
  const auto refused = [](const Shape& kern, const ConvOptions& options, const char* value) {
    expect_refused(
        [&] {
          conv(counting({1, 1, 3, 3}), ones(kern), options);
        },
        ErrorKind::Regions, "regions", value);
  };
  refused({1, 1, 2, 3, 2, 2}, {.unshared = true}, "2x3");
  refused({1, 1, 2, 2, 2, 2}, {.mode = full, .unshared = true}, "2x2");
  refused({1, 1, 3, 2, 2, 2}, {.mode = full, .unshared = true, .direction = "backprop inputs"},
          "3x2");
}

// The kernels of conv are (k, c, regions, extents); those of the problem (k, regions, c, extents).
TensorView regions_first(const TensorView& kern) { return permuted(kern, {0, 2, 3, 1, 4, 5}); }

const Tensor kX = counting({2, 4, 4, 3});
const Tensor kKern = counting({6, 2, 3, 2, 2, 2}, -40);
const Tensor kDy = counting({2, 6, 3, 2}, -30);
const ConvParameters kGrouped{.num_groups = 2, .unshared = true};

TEST(Conv, UnsharedForwardIsTheDefinition) {
  EXPECT_EQ(conv(kX, kKern, {.num_groups = 2, .unshared = true}).values(),
            forward(kX, Tensor::copy_of(regions_first(kKern)), kGrouped));
}

TEST(Conv, UnsharedForwardTakesFullToo) {
  const Tensor kern = counting({1, 1, 5, 5, 2, 2});
  EXPECT_EQ(conv(kImage, kern, {.mode = full, .unshared = true}).values(),
            forward(kImage, Tensor::copy_of(regions_first(kern)),
                    {.border_mode = full, .unshared = true}));
}

// The caller exchanges the channels of every group: filters (g, k, regions, c) become (g, c, k,
// regions).
TEST(Conv, UnsharedBackpropInputsIsTheGradient) {
  const Tensor w = counting({6, 3, 2, 2, 2, 2}, -40);   // k, regions, c / 2, extents
  Tensor kern(Shape{4, 3, 3, 2, 2, 2}, DataType::F64);  // c, k / 2, regions, extents
  Index at(6, 0);
  do {
    const std::int64_t g = at[0] / 2;
    kern.set(at, w.at({g * 3 + at[1], at[2], at[3], at[0] % 2, at[4], at[5]}));
  } while (advance(at, kern.shape()));
  const Tensor dx = conv(
      kDy, kern, {.mode = full, .num_groups = 2, .unshared = true, .direction = "backprop inputs"});
  EXPECT_EQ(dx.shape(), kX.shape());
  EXPECT_EQ(dx.values(), grad_inputs(kX.shape(), w, kDy, kGrouped));
}

TEST(Conv, UnsharedBackpropInputsInModeValidBelongsToAFullConvolution) {
  const Tensor dy = counting({1, 1, 5, 5}), kern = counting({1, 1, 5, 5, 2, 2});
  EXPECT_EQ(conv(dy, kern, {.unshared = true, .direction = "backprop inputs"}).values(),
            grad_inputs({1, 1, 4, 4}, Tensor::copy_of(regions_first(kern)), dy,
                        {.border_mode = full, .unshared = true}));
}

// img (c, n, ...) and kern (k, n, ...) give (c, k, regions, extents).
TEST(Conv, UnsharedBackpropWeightsIsTheGradientOfTheCorrelation) {
  const Tensor x = counting({2, 3, 4, 3}), dy = counting({2, 5, 3, 2}, -30);
  const Tensor dw = conv(permuted(x, {1, 0, 2, 3}), permuted(dy, {1, 0, 2, 3}),
                         {.unshared = true, .direction = "backprop weights"});
  EXPECT_EQ(dw.shape(), (Shape{3, 5, 3, 2, 2, 2}));
  EXPECT_EQ(Tensor::copy_of(permuted(dw, {1, 2, 3, 0, 4, 5})).values(),
            grad_weights(x, {5, 3, 2, 3, 2, 2}, dy, {.filter_flip = false, .unshared = true}));
}

TEST(Conv, UnsharedBackpropWeightsSumsOverTheChannelsOfTheGroup) {
  const Tensor img = f64({1, 4, 1}, {1, 2, 3, 4});
  const Tensor kern = f64({2, 2, 1}, {1, 10, 100, 1000});
  EXPECT_EQ(conv(img, kern, {.num_groups = 2, .unshared = true, .direction = "backprop weights"})
                .values(),
            (Values{1 + 20, 300 + 4000}));
}

const Tensor kPlane = counting({3, 3});
const Tensor kRegions = counting({2, 2, 2, 2});

TEST(Unshared2d, ForwardFlipsTheFilterOfEveryRegion) {
  // [0, 0]: 1*4 + 2*3 + 4*2 + 5*1 and so on.
  EXPECT_EQ(unshared2d(kPlane, kRegions, {2, 2}).values(),
            (Values{23, 2 * 8 + 3 * 7 + 5 * 6 + 6 * 5, 4 * 12 + 5 * 11 + 7 * 10 + 8 * 9,
                    5 * 16 + 6 * 15 + 8 * 14 + 9 * 13}));
}

TEST(Unshared2d, BackpropInputsFlipsTheFilterOfEveryRegion) {
  EXPECT_EQ(
      unshared2d(f64({2, 2}, {1, 10, 100, 1000}), kRegions, {3, 3}, "backprop inputs").values(),
      (Values{4, 3 + 80, 70, 2 + 1200, 1 + 60 + 1100 + 16000, 50 + 15000, 1000, 900 + 14000,
              13000}));
}

TEST(Unshared2d, BackpropWeightsDoesNotFlip) {
  EXPECT_EQ(unshared2d(kPlane, f64({2, 2}, {1, 10, 100, 1000}), {2, 2, 2, 2}, "backprop weights")
                .values(),
            (Values{1, 2, 4, 5, 20, 30, 50, 60, 400, 500, 700, 800, 5000, 6000, 8000, 9000}));
}

TEST(Unshared2d, RefusesAWrongShapeOrDirection) {
  expect_refused(
      [] {
        unshared2d(kPlane, kRegions, {2, 3});
      },
      ErrorKind::OutputShape, "out_shape", "2x3");
  expect_refused(
      [] {
        unshared2d(kPlane, kRegions, {2, 2}, "sideways");
      },
      ErrorKind::Unsupported, "direction", "'sideways'");
  expect_refused(
      [] {
        unshared2d(counting({1, 3, 3}), kRegions, {2, 2});
      },
      ErrorKind::Rank, "inp", "1x3x3");
  expect_refused(
      [] {
        unshared2d(kPlane, kRegions, {2, 2, 2, 2}, "backprop weights");
      },
      ErrorKind::Rank, "kern", "2x2x2x2");
  expect_refused(
      [] {
        unshared2d(counting({4, 3}), kRegions, {3, 2});
      },
      ErrorKind::Regions, "regions", "2x2");
}

}  // namespace
}  // namespace convcheck::abstract_conv
