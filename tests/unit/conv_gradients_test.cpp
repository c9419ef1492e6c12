// The gradients of the conv family and its transposed convolutions.
#include <gtest/gtest.h>

#include "fast/conv.h"
#include "tests/unit/composed.h"

namespace convcheck {
namespace {

using Values = std::vector<double>;

const Tensor kImage = counting({1, 1, 4, 4});
const Tensor kKernel = counting({1, 1, 2, 2});
const Tensor kCube = counting({1, 1, 2, 2, 2});

TEST(GradWrtInputs, DocumentedAnswers) {
  const Tensor dy = counting({1, 1, 3, 3}), two = counting({1, 1, 2, 2});
  const Tensor nine = counting({1, 1, 3, 3});
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv2d_grad_wrt_inputs(dy, kKernel, {1, 1, 4, 4}, {}, backend).values(),
              (Values{4, 11, 18, 9, 18, 37, 47, 21, 36, 67, 77, 33, 14, 23, 26, 9}));
    EXPECT_EQ(
        conv2d_grad_wrt_inputs(dy, kKernel, {1, 1, 4, 4}, {.filter_flip = false}, backend).values(),
        (Values{1, 4, 7, 6, 7, 23, 33, 24, 19, 53, 63, 42, 21, 52, 59, 36}));
    EXPECT_EQ(
        conv2d_grad_wrt_inputs(two, nine, {1, 1, 5, 5}, {.subsample = {2, 2}}, backend).values(),
        (Values{9,  8,  25, 16, 14, 6,  5,  16, 10, 8,  30, 26, 64,
                36, 30, 18, 15, 36, 20, 16, 9,  6,  15, 8,  4}));
  });
}

TEST(GradWrtInputs, RowsThatNoWindowReachesAreZero) {
  const Tensor two = counting({1, 1, 2, 2}), nine = counting({1, 1, 3, 3});
  const ConvOptions options{.subsample = {2, 2}, .filter_flip = false};
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv2d_grad_wrt_inputs(two, nine, {1, 1, 6, 6}, options, backend).values(),
              (Values{1,  2,  5,  4,  6,  0, 4,  5,  14, 10, 12, 0, 10, 14, 36, 24, 30, 0,
                      12, 15, 34, 20, 24, 0, 21, 24, 55, 32, 36, 0, 0,  0,  0,  0,  0,  0}));
  });
}

TEST(GradWrtInputs, BatchAndChannelsMayBeLeftOpen) {
  const Tensor dy = scrambled({2, 4, 3, 3}), w = scrambled({4, 3, 2, 2});
  const ConvOptions options{.num_groups = 2};
  const Tensor open = conv2d_grad_wrt_inputs(dy, w, {std::nullopt, std::nullopt, 4, 4}, options);
  EXPECT_EQ(open.shape(), (Shape{2, 6, 4, 4}));
  EXPECT_EQ(open.values(), conv2d_grad_wrt_inputs(dy, w, {2, 6, 4, 4}, options).values());
  expect_refusal(ErrorKind::InputShape, "input_shape[3]", [&] {
    conv2d_grad_wrt_inputs(dy, w, {2, 6, 4, std::nullopt}, options);
  });
}

TEST(GradWrtInputs, RefusesAnInputThatDoesNotGiveTheOutput) {
  const Tensor two = counting({1, 1, 2, 2}), nine = counting({1, 1, 3, 3});
  for (const std::int64_t extent : {4, 7}) {
    expect_refusal(ErrorKind::OutputShape, "output_grad's shape", [&] {
      conv2d_grad_wrt_inputs(two, nine, {1, 1, extent, extent}, {.subsample = {2, 2}});
    });
  }
  expect_refusal(ErrorKind::Batch, "output_grad's batch", [&] {
    conv2d_grad_wrt_inputs(two, nine, {2, 1, 4, 4});
  });
  expect_refusal(ErrorKind::Channels, "filters' channels", [&] {
    conv2d_grad_wrt_inputs(two, nine, {1, 2, 4, 4});
  });
  expect_refusal(ErrorKind::Rank, "input_shape", [&] {
    conv2d_grad_wrt_inputs(two, nine, {1, 1, 4});
  });
  expect_refusal(ErrorKind::Rank, "input_shape", [&] { conv2d_grad_wrt_inputs(two, nine, {}); });
}

TEST(GradWrtWeights, DocumentedAnswers) {
  const Tensor nine = counting({1, 1, 3, 3}), large = counting({1, 1, 5, 5});
  const Tensor two = counting({1, 1, 2, 2});
  const ConvOptions strided{.subsample = {2, 2}, .filter_flip = false};
  const ConvOptions dilated{.filter_flip = false, .filter_dilation = {2, 2}};
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv2d_grad_wrt_weights(kImage, nine, {1, 1, 2, 2}, {}, backend).values(),
              (Values{573, 528, 393, 348}));
    EXPECT_EQ(conv2d_grad_wrt_weights(large, two, {1, 1, 3, 3}, strided, backend).values(),
              (Values{92, 102, 112, 142, 152, 162, 192, 202, 212}));
    EXPECT_EQ(conv2d_grad_wrt_weights(large, nine, {1, 1, 2, 2}, dilated, backend).values(),
              (Values{411, 501, 861, 951}));
  });
}

TEST(GradWrtWeights, FiltersChannelsAndRegionsMayBeLeftOpen) {
  const auto open = std::nullopt;
  const Tensor x = scrambled({2, 4, 3, 3}), dy = scrambled({2, 6, 2, 2});
  EXPECT_EQ(conv2d_grad_wrt_weights(x, dy, {open, open, 2, 2}, {.num_groups = 2}).shape(),
            (Shape{6, 2, 2, 2}));
  EXPECT_EQ(
      conv2d_grad_wrt_weights(x, dy, {open, open, open, open, 2, 2}, {.unshared = true}).shape(),
      (Shape{6, 2, 2, 4, 2, 2}));
  expect_refusal(ErrorKind::FilterShape, "filter_shape[2]", [&] {
    conv2d_grad_wrt_weights(x, dy, {6, 4, open, 2});
  });
  expect_refusal(ErrorKind::Groups, "num_groups", [&] {
    conv2d_grad_wrt_weights(x, dy, {open, open, 2, 2}, {.num_groups = 3});
  });
  expect_refusal(ErrorKind::Rank, "filter_shape", [&] {
    conv2d_grad_wrt_weights(x, dy, {6, 4, 2, 2}, {.unshared = true});
  });
}

// A gradient of extent 1 is not spread over the positions, as the documentation's reference does.
TEST(GradWrtWeights, RefusesAnOutputGradientOfAnotherExtent) {
  const Tensor x = counting({1, 1, 5, 5}), one = counting({1, 1, 1, 1});
  expect_refusal(ErrorKind::OutputShape, "output_grad's shape", [&] {
    conv2d_grad_wrt_weights(x, one, {1, 1, 3, 3}, {.subsample = {2, 2}});
  });
}

TEST(ConvTranspose, DocumentedAnswer) {
  const Tensor x({2, 2, 4, 4}, Values(64, 1.0), DataType::F64);
  const Tensor w({2, 1, 4, 4}, Values(32, 1.0), DataType::F64);
  const Values u{1, 1, 2, 2, 2, 2, 2, 2, 1, 1};
  Values expected;
  for (int image = 0; image < 2; ++image) {
    for (const double a : u) {
      for (const double b : u) expected.push_back(2 * a * b);
    }
  }
  on_every_backend([&](const BackendPtr& backend) {
    const Tensor y = conv2d_transpose(x, w, {2, 1, 10, 10}, {.input_dilation = {2, 2}}, backend);
    EXPECT_EQ(y.values(), expected);
  });
}

TEST(ConvTranspose, IsTheGradientWithRespectToTheInputs) {
  const Tensor x = scrambled({2, 4, 3, 3, 2}), w = scrambled({4, 2, 2, 1, 3}, 2);
  const ShapeHint shape{2, 4, 5, 5, 6};
  const ConvOptions options{.border_mode = {1, 0, {0, 1}}, .subsample = {2, 2, 3}, .num_groups = 2};
  const ConvTransposeOptions transposed{
      .border_mode = {1, 0, {0, 1}}, .input_dilation = {2, 2, 3}, .num_groups = 2};
  EXPECT_EQ(conv3d_transpose(x, w, shape, transposed).values(),
            conv3d_grad_wrt_inputs(x, w, shape, options).values());
}

TEST(ConvTranspose, ErrorsSpeakOfItsOwnArguments) {
  const Tensor x = counting({1, 2, 2, 2}), w = counting({2, 1, 3, 3});
  expect_refusal(ErrorKind::InputShape, "output_shape[2]", [&] {
    conv2d_transpose(x, w, {1, 1, std::nullopt, 4});
  });
  expect_refusal(ErrorKind::OutputShape, "input's shape", [&] {
    conv2d_transpose(x, w, {1, 1, 5, 5});
  });
  expect_refusal(ErrorKind::Stride, "input_dilation[1]", [&] {
    conv2d_transpose(x, w, {1, 1, 4, 4}, {.input_dilation = {1, 0}});
  });
  expect_refusal(ErrorKind::Rank, "output_grad", [&] {
    conv2d_transpose_grad_wrt_inputs(counting({1, 4, 4}), w);
  });
  expect_refusal(ErrorKind::FilterShape, "filter_shape[0]", [&] {
    conv2d_transpose(x, w, {1, 1, 4, 4}, {.filter_shape = {3, 1, 3, 3}});
  });
}

}  // namespace
}  // namespace convcheck
