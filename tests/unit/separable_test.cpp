#include "fast/separable.h"

#include "tests/unit/composed.h"

namespace convcheck {
namespace {

using testing::ElementsAre;

Tensor input() {
  return Tensor({1, 2, 5, 5},
                {1, 2, 3, 4, 5, 3, 2, 1, 4, 5, 3, 3, 1, 3, 6, 5, 3, 2, 1, 1, 4, 7, 1, 2, 1,
                 3, 3, 1, 2, 6, 6, 5, 4, 3, 1, 3, 4, 5, 2, 3, 6, 4, 1, 3, 4, 2, 3, 4, 2, 5});
}
Tensor depthwise() {
  return Tensor({4, 1, 3, 3}, {3, 2, 1, 5, 3, 2, 6, 4, 2, 5, 5, 2, 3, 7, 4, 3, 5, 4,
                               7, 4, 7, 5, 3, 3, 1, 3, 1, 4, 4, 4, 2, 4, 6, 0, 0, 7});
}
Tensor pointwise() { return Tensor({2, 4, 1, 1}, {4, 1, 3, 5, 2, 1, 2, 8}); }

TEST(SeparableConv2d, GivesTheDocumentedNumbers) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor y =
        separable_conv2d(input(), depthwise(), pointwise(), {.num_channels = 2}, backend);
    EXPECT_EQ(y.shape(), (Shape{1, 2, 3, 3}));
    EXPECT_THAT(y.values(), ElementsAre(1385, 1333, 1339, 1382, 1243, 1291, 1303, 1120, 1228, 1532,
                                        1410, 1259, 1522, 1346, 1314, 1379, 1192, 1286));
  });
}

TEST(SeparableConv3d, OfOneRowIsTheSameIn2d) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor x = input(), dw = depthwise(), pw = pointwise();
    const Tensor y = separable_conv3d(
        reshaped(x, {1, 2, 1, 5, 5}), reshaped(dw, {4, 1, 1, 3, 3}), reshaped(pw, {2, 4, 1, 1, 1}),
        {.border_mode = {0, {1, 0}, {0, 2}}, .subsample = {1, 2, 1}}, backend);
    EXPECT_EQ(y.values(),
              separable_conv2d(x, dw, pw, {.border_mode = {{1, 0}, {0, 2}}, .subsample = {2, 1}})
                  .values());
  });
}

TEST(SeparableConv, IsItsTwoConvolutions) {
  const Tensor x = scrambled({2, 3, 6, 7}), dw = scrambled({6, 1, 3, 2}, 2),
               pw = scrambled({4, 6, 1, 1}, 3);
  for (const bool flip : {true, false}) {
    const Tensor middle = conv2d(x, dw,
                                 {.border_mode = half,
                                  .subsample = {2, 1},
                                  .filter_flip = flip,
                                  .filter_dilation = {1, 2},
                                  .num_groups = 3});
    const Tensor y = separable_conv2d(
        x, dw, pw,
        {.border_mode = half, .subsample = {2, 1}, .filter_flip = flip, .filter_dilation = {1, 2}});
    EXPECT_EQ(y.values(), conv2d(middle, pw, {.filter_flip = flip}).values());
  }
}

TEST(SeparableConv, PointwiseFiltersMayBeLargerAndAreFlippedToo) {
  const Tensor x({1, 1, 1, 3}, {1, 2, 3}), dw({1, 1, 1, 1}, {1}), pw({1, 1, 1, 2}, {1, 10});
  EXPECT_THAT(separable_conv2d(x, dw, pw).values(), ElementsAre(12, 23));
  EXPECT_THAT(separable_conv2d(x, dw, pw, {.filter_flip = false}).values(), ElementsAre(21, 32));
}

TEST(SeparableConv, AnyStridesGiveTheSame) {
  EXPECT_EQ(
      separable_conv2d(Scattered(input()), Scattered(depthwise()), Scattered(pointwise())).values(),
      separable_conv2d(input(), depthwise(), pointwise()).values());
}

TEST(SeparableConv, DeclaredShapesAreChecked) {
  const auto call = [](const SeparableConvOptions& options) {
    return [options] { separable_conv2d(input(), depthwise(), pointwise(), options); };
  };
  expect_refusal(ErrorKind::Channels, "num_channels", call({.num_channels = 3}));
  expect_refusal(ErrorKind::Channels, "num_channels", call({.num_channels = 1}));
  expect_refusal(ErrorKind::InputShape, "input_shape[2]", call({.input_shape = {1, 2, 6, 5}}));
  expect_refusal(ErrorKind::FilterShape, "depthwise_filter_shape[0]",
                 call({.depthwise_filter_shape = {2, 1, 3, 3}}));
  expect_refusal(ErrorKind::FilterShape, "pointwise_filter_shape[3]",
                 call({.pointwise_filter_shape = {2, 4, 1, 2}}));
}

TEST(SeparableConv, ErrorsSpeakOfTheFiltersThatAreWrong) {
  expect_refusal(ErrorKind::Groups, "num_channels", [] {
    separable_conv2d(input(), counting({3, 1, 3, 3}), counting({2, 3, 1, 1}));
  });
  expect_refusal(ErrorKind::Channels, "depthwise_filters' channels", [] {
    separable_conv2d(input(), counting({4, 2, 3, 3}), pointwise());
  });
  expect_refusal(ErrorKind::Rank, "depthwise_filters", [] {
    separable_conv2d(input(), counting({4, 1, 3}), pointwise());
  });
  expect_refusal(ErrorKind::Channels, "pointwise_filters' channels", [] {
    separable_conv2d(input(), depthwise(), counting({2, 3, 1, 1}));
  });
  expect_refusal(ErrorKind::Rank, "pointwise_filters", [] {
    separable_conv2d(input(), depthwise(), counting({2, 4, 1}));
  });
  expect_refusal(ErrorKind::Rank, "input",
                 [] { separable_conv3d(input(), depthwise(), pointwise()); });
}

TEST(SeparableConv, GradientsRefuseAnOutputGradientOfAnotherShape) {
  const Tensor wrong = counting({1, 2, 3, 4}, 1, DataType::F32);
  expect_refusal(ErrorKind::OutputShape, "output_grad's shape", [&] {
    separable_conv2d_grad_wrt_inputs(wrong, depthwise(), pointwise(),
                                     {.input_shape = {1, 2, 5, 5}});
  });
  expect_refusal(ErrorKind::OutputShape, "output_grad's shape", [&] {
    separable_conv2d_grad_wrt_depthwise(input(), pointwise(), wrong,
                                        {.depthwise_filter_shape = {4, 1, 3, 3}});
  });
  expect_refusal(ErrorKind::FilterShape, "filter extent[1]",
                 [&] { separable_conv2d_grad_wrt_pointwise(input(), depthwise(), wrong); });
  expect_refusal(ErrorKind::Batch, "output_grad's batch", [&] {
    separable_conv2d_grad_wrt_pointwise(input(), depthwise(), counting({2, 2, 3, 3}));
  });
}

TEST(SeparableConv, GradientsTakeOpenExtents) {
  const Tensor dy = scrambled({1, 2, 3, 3}, 5, DataType::F32);
  EXPECT_EQ(separable_conv2d_grad_wrt_inputs(
                dy, depthwise(), pointwise(),
                {.num_channels = 2, .input_shape = {std::nullopt, std::nullopt, 5, 5}})
                .shape(),
            (Shape{1, 2, 5, 5}));
  EXPECT_EQ(
      separable_conv2d_grad_wrt_depthwise(
          input(), pointwise(), dy, {.depthwise_filter_shape = {std::nullopt, std::nullopt, 3, 3}})
          .shape(),
      (Shape{4, 1, 3, 3}));
  expect_refusal(ErrorKind::InputShape, "input_shape[1]", [&] {
    separable_conv2d_grad_wrt_inputs(dy, depthwise(), pointwise(),
                                     {.input_shape = {std::nullopt, std::nullopt, 5, 5}});
  });
  expect_refusal(ErrorKind::Rank, "input_shape",
                 [&] { separable_conv2d_grad_wrt_inputs(dy, depthwise(), pointwise(), {}); });
  expect_refusal(ErrorKind::FilterShape, "depthwise_filter_shape[3]", [&] {
    separable_conv2d_grad_wrt_depthwise(input(), pointwise(), dy,
                                        {.depthwise_filter_shape = {4, 1, 3, std::nullopt}});
  });
}

TEST(SeparableConv, NoChannelsGiveZeros) {
  const Tensor x(Shape{2, 0, 5, 4}), dw(Shape{0, 1, 3, 3}), pw(Shape{3, 0, 1, 1});
  const Tensor dy = scrambled({2, 3, 3, 2}, 5, DataType::F32);
  const SeparableConvOptions options{.num_channels = 0,
                                     .input_shape = x.shape(),
                                     .depthwise_filter_shape = dw.shape(),
                                     .pointwise_filter_shape = pw.shape()};
  on_every_backend([&](const BackendPtr& backend) {
    const Tensor y = separable_conv2d(x, dw, pw, options, backend);
    EXPECT_EQ(y.shape(), dy.shape());
    EXPECT_EQ(y.values(), std::vector<double>(36, 0.0));
    EXPECT_EQ(separable_conv2d_grad_wrt_inputs(dy, dw, pw, options, backend).shape(), x.shape());
    EXPECT_EQ(separable_conv2d_grad_wrt_depthwise(x, pw, dy, options, backend).shape(), dw.shape());
    EXPECT_EQ(separable_conv2d_grad_wrt_pointwise(x, dw, dy, options, backend).shape(), pw.shape());
  });
}

TEST(SeparableConv, NoChannelsHaveNoDepthwiseFilters) {
  const Tensor x(Shape{2, 0, 5, 4}), pw(Shape{3, 2, 1, 1});
  expect_refusal(ErrorKind::Groups, "num_channels", [&] {
    separable_conv2d(x, Tensor(Shape{2, 1, 3, 3}), pw);
  });
  expect_refusal(ErrorKind::Channels, "depthwise_filters' channels", [&] {
    separable_conv2d(x, Tensor(Shape{0, 2, 3, 3}), Tensor(Shape{3, 0, 1, 1}));
  });
  expect_refusal(ErrorKind::OutputShape, "depthwise stage's output extent[0]", [&] {
    separable_conv2d(x, Tensor(Shape{0, 1, 6, 3}), Tensor(Shape{3, 0, 1, 1}));
  });
}

TEST(SeparableConvShape, IsThatOfTheResult) {
  EXPECT_EQ(separable_conv_shape({2, 3, 6, 7}, {6, 1, 3, 2}, {4, 6, 2, 1},
                                 {.border_mode = half, .subsample = {2, 1}}),
            separable_conv2d(scrambled({2, 3, 6, 7}), scrambled({6, 1, 3, 2}),
                             scrambled({4, 6, 2, 1}), {.border_mode = half, .subsample = {2, 1}})
                .shape());
  EXPECT_EQ(separable_conv_shape({2, 0, 6, 7, 8}, {0, 1, 3, 2, 1}, {4, 0, 1, 1, 1}),
            (Shape{2, 4, 4, 6, 8}));
}

}  // namespace
}  // namespace convcheck
