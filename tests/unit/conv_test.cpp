// The conv family through the user's interface: the documented answers, and what it refuses.
#include "fast/conv.h"

#include <gtest/gtest.h>

#include "tests/unit/composed.h"

namespace convcheck {
namespace {

using Values = std::vector<double>;

const Tensor kImage = counting({1, 1, 4, 4});
const Tensor kKernel = counting({1, 1, 2, 2});
const Tensor kCube = counting({1, 1, 2, 2, 2});

Tensor row(const Values& values, const Shape& shape) {
  return Tensor(shape, values, DataType::F64);
}

TEST(Conv2d, ValidWithAndWithoutFlip) {
  on_every_backend([](const BackendPtr& backend) {
    EXPECT_EQ(conv2d(kImage, kKernel, {}, backend).values(),
              (Values{26, 36, 46, 66, 76, 86, 106, 116, 126}));
    EXPECT_EQ(conv2d(kImage, kKernel, {.filter_flip = false}, backend).values(),
              (Values{44, 54, 64, 84, 94, 104, 124, 134, 144}));
  });
}

TEST(Conv2d, HalfAndFullPadAnEvenFilterAlike) {
  const Values expected{1,  4,  7,  10,  8,   8,   26, 36, 46, 32,  24,  66, 76,
                        86, 56, 40, 106, 116, 126, 80, 39, 94, 101, 108, 64};
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv2d(kImage, kKernel, {.border_mode = half}, backend).values(), expected);
    EXPECT_EQ(conv2d(kImage, kKernel, {.border_mode = full}, backend).values(), expected);
    EXPECT_EQ(conv2d(kImage, kKernel, {.border_mode = 1, .subsample = {2, 1}}, backend).values(),
              (Values{1, 4, 7, 10, 8, 24, 66, 76, 86, 56, 39, 94, 101, 108, 64}));
  });
}

TEST(Conv2d, AsymmetricPadsNameTopBottomThenLeftRight) {
  const ConvOptions options{.border_mode = {{1, 0}, {0, 2}}, .filter_flip = false};
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(
        conv2d(kImage, kKernel, options, backend).values(),
        (Values{11, 18, 25, 12, 0, 44, 54, 64, 28, 0, 84, 94, 104, 44, 0, 124, 134, 144, 60, 0}));
  });
}

TEST(Conv2d, HalfPadsTheDilatedFilter) {
  ConvOptions options{.border_mode = half, .subsample = {2, 2}, .filter_dilation = {2, 2}};
  on_every_backend([&](const BackendPtr& backend) {
    options.filter_flip = true;
    EXPECT_EQ(conv2d(kImage, kKernel, options, backend).values(), (Values{6, 20, 32, 92}));
    options.filter_flip = false;
    EXPECT_EQ(conv2d(kImage, kKernel, options, backend).values(), (Values{24, 50, 68, 128}));
  });
}

TEST(Conv2d, GroupsAreBlocksOfChannels) {
  const Tensor x = counting({1, 4, 1, 1});
  const Tensor w = row({1, 10, 2, 20, 3, 30, 4, 40}, {4, 2, 1, 1});
  const Tensor dy = counting({1, 4, 1, 1});
  const ConvOptions options{.num_groups = 2};
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv2d(x, w, options, backend).values(), (Values{21, 42, 129, 172}));
    EXPECT_EQ(conv2d_grad_wrt_inputs(dy, w, x.shape(), options, backend).values(),
              (Values{5, 50, 25, 250}));
    EXPECT_EQ(conv2d_grad_wrt_weights(x, dy, w.shape(), options, backend).values(),
              (Values{1, 2, 2, 4, 9, 12, 12, 16}));
  });
}

TEST(Conv2d, UnsharedFiltersFlipInsideTheirRegion) {
  const Tensor x = counting({1, 1, 1, 4});
  const Tensor w = row({1, 10, 2, 20, 3, 30}, {1, 1, 3, 1, 1, 2});
  const Tensor ones = row({1, 1, 1}, {1, 1, 1, 3}), dy = counting({1, 1, 1, 3});
  const ConvOptions flip{.unshared = true}, noflip{.filter_flip = false, .unshared = true};
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv2d(x, w, noflip, backend).values(), (Values{21, 64, 129}));
    EXPECT_EQ(conv2d(x, w, flip, backend).values(), (Values{12, 46, 102}));
    EXPECT_EQ(conv2d_grad_wrt_inputs(ones, w, x.shape(), noflip, backend).values(),
              (Values{1, 12, 23, 30}));
    EXPECT_EQ(conv2d_grad_wrt_inputs(ones, w, x.shape(), flip, backend).values(),
              (Values{10, 21, 32, 3}));
    EXPECT_EQ(conv2d_grad_wrt_weights(x, dy, w.shape(), noflip, backend).values(),
              (Values{1, 2, 4, 6, 9, 12}));
    EXPECT_EQ(conv2d_grad_wrt_weights(x, dy, w.shape(), flip, backend).values(),
              (Values{2, 1, 6, 4, 12, 9}));
  });
}

TEST(Conv2d, AnyStridesGiveTheSame) {
  const Tensor x = scrambled({2, 3, 5, 6}), w = scrambled({4, 3, 3, 2}, 2);
  const Values expected = conv2d(x, w, {.border_mode = half}).values();
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv2d(Scattered(x), Scattered(w), {.border_mode = half}, backend).values(),
              expected);
  });
}

TEST(Conv1d, DocumentedDefaultsInOneDimension) {
  const Tensor signal = counting({1, 1, 4}), pair = counting({1, 1, 2}), dy = counting({1, 1, 3});
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv1d(signal, pair, {}, backend).values(), (Values{4, 7, 10}));
    EXPECT_EQ(conv1d_grad_wrt_inputs(dy, pair, signal.shape(), {}, backend).values(),
              (Values{2, 5, 8, 3}));
    EXPECT_EQ(conv1d_grad_wrt_weights(signal, dy, pair.shape(), {}, backend).values(),
              (Values{20, 14}));
  });
}

TEST(Conv3d, DocumentedAnswers) {
  const Values in_full{1,  4,  4,   6,  20, 16, 9,  24, 16,  10, 32, 24,  44, 120,
                       80, 42, 104, 64, 25, 60, 36, 70, 164, 96, 49, 112, 64};
  const ConvOptions strided{.border_mode = half, .subsample = {2, 2, 2}, .filter_flip = false};
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv3d(kCube, kCube, {}, backend).values(), (Values{120}));
    EXPECT_EQ(conv3d(kCube, kCube, {.filter_flip = false}, backend).values(), (Values{204}));
    EXPECT_EQ(conv3d(kCube, kCube, {.border_mode = full}, backend).values(), in_full);
    EXPECT_EQ(conv3d(kCube, kCube, strided, backend).values(),
              (Values{8, 14, 18, 20, 20, 18, 14, 8}));
  });
}

TEST(Conv3d, GradientsOfOneWindowAreTheOtherOperand) {
  const Tensor two = row({2}, {1, 1, 1, 1, 1});
  const ConvOptions noflip{.filter_flip = false};
  const Values doubled{2, 4, 6, 8, 10, 12, 14, 16};
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv3d_grad_wrt_inputs(two, kCube, kCube.shape(), noflip, backend).values(), doubled);
    EXPECT_EQ(conv3d_grad_wrt_weights(kCube, two, kCube.shape(), noflip, backend).values(),
              doubled);
  });
}

TEST(Hints, AreCheckedAndMayBePartial) {
  const Values expected = conv2d(kImage, kKernel).values();
  EXPECT_EQ(conv2d(kImage, kKernel, {.input_shape = kImage.shape(), .filter_shape = {1, 1, 2, 2}})
                .values(),
            expected);
  EXPECT_EQ(conv2d(kImage, kKernel, {.input_shape = {std::nullopt, 1, std::nullopt, 4}}).values(),
            expected);
  expect_refusal(ErrorKind::InputShape, "input_shape[2]", [] {
    conv2d(kImage, kKernel, {.input_shape = {1, 1, 9, 4}});
  });
  expect_refusal(ErrorKind::FilterShape, "filter_shape[0]", [] {
    conv2d(kImage, kKernel, {.filter_shape = {4, 1, 2, 2}});
  });
  expect_refusal(ErrorKind::Rank, "input_shape", [] {
    conv2d(kImage, kKernel, {.input_shape = {1, 1, 4}});
  });
  expect_refusal(ErrorKind::InputShape, "input_shape[0]", [] {
    conv2d_grad_wrt_weights(kImage, counting({1, 1, 3, 3}), {1, 1, 2, 2},
                            {.input_shape = {2, 1, 4, 4}});
  });
}

TEST(Hints, ImageShapeIsInputShape) {
  EXPECT_EQ(conv2d(kImage, kKernel, {.image_shape = {1, 1, 4, 4}}).size(), 9);
  expect_refusal(ErrorKind::InputShape, "image_shape[3]", [] {
    conv2d(kImage, kKernel, {.image_shape = {1, 1, 4, 5}});
  });
  expect_refusal(ErrorKind::InputShape, "image_shape", [] {
    conv2d(kImage, kKernel, {.input_shape = {1, 1, 4, 4}, .image_shape = {1, 1, 4, 4}});
  });
}

TEST(Refuses, TensorsOfTheWrongRank) {
  on_every_backend([](const BackendPtr& backend) {
    expect_refusal(ErrorKind::Rank, "input", [&] { conv2d(kCube, kKernel, {}, backend); });
    expect_refusal(ErrorKind::Rank, "input", [&] { conv3d(kImage, kCube, {}, backend); });
    expect_refusal(ErrorKind::Rank, "filters", [&] { conv2d(kImage, kCube, {}, backend); });
    expect_refusal(ErrorKind::Rank, "filters",
                   [&] { conv2d(kImage, kKernel, {.unshared = true}, backend); });
    expect_refusal(ErrorKind::Rank, "output_grad", [&] {
      conv2d_grad_wrt_inputs(kCube, kKernel, {1, 1, 4, 4}, {}, backend);
    });
    expect_refusal(ErrorKind::Rank, "output_grad", [&] {
      conv2d_grad_wrt_weights(kImage, kCube, {1, 1, 2, 2}, {}, backend);
    });
    expect_refusal(ErrorKind::Rank, "subsample", [&] {
      conv2d(kImage, kKernel, {.subsample = {1, 1, 1}}, backend);
    });
  });
}

TEST(Refuses, ImpossibleProblems) {
  const Tensor two = counting({1, 1, 2, 2}), three = counting({1, 1, 3, 3});
  on_every_backend([&](const BackendPtr& backend) {
    expect_refusal(ErrorKind::OutputShape, "output extent[0]", [&] {
      conv2d(two, three, {.subsample = {2, 2}}, backend);
    });
    expect_refusal(ErrorKind::Stride, "subsample[0]", [&] {
      conv2d(kImage, two, {.subsample = {0, 1}}, backend);
    });
    expect_refusal(ErrorKind::Dilation, "filter_dilation[1]", [&] {
      conv2d(kImage, two, {.filter_dilation = {1, -1}}, backend);
    });
    expect_refusal(ErrorKind::Groups, "num_groups",
                   [&] { conv2d(kImage, two, {.num_groups = 0}, backend); });
    expect_refusal(ErrorKind::Groups, "num_groups", [&] {
      conv2d_grad_wrt_inputs(three, two, {1, std::nullopt, 4, 4}, {.num_groups = 0}, backend);
    });
    expect_refusal(ErrorKind::Channels, "filters' channels", [&] {
      conv2d(kImage, counting({1, 2, 2, 2}), {}, backend);
    });
    expect_refusal(ErrorKind::Regions, "filters' regions", [&] {
      conv2d(kImage, counting({1, 2, 2, 1, 2, 2}), {.unshared = true}, backend);
    });
  });
}

TEST(Types, TheResultHasTheLeadingOperandsType) {
  const Tensor single = counting({1, 1, 4, 4}, 1, DataType::F32);
  const Tensor short_filters = counting({1, 1, 2, 2}, 1, DataType::F32);
  const Tensor dy = counting({1, 1, 3, 3}, 1, DataType::F32);
  on_every_backend([&](const BackendPtr& backend) {
    EXPECT_EQ(conv2d(single, short_filters, {}, backend).type(), DataType::F32);
    const Tensor widened = conv2d(kImage, short_filters, {}, backend);
    EXPECT_EQ(widened.type(), DataType::F64);
    EXPECT_EQ(widened.values(), conv2d(kImage, kKernel, {}, backend).values());
    EXPECT_EQ(conv2d_grad_wrt_inputs(dy, kKernel, {1, 1, 4, 4}, {}, backend).type(), DataType::F64);
  });
}

TEST(Types, AWiderOperandIsRefusedNotRounded) {
  const Tensor single = counting({1, 1, 4, 4}, 1, DataType::F32);
  const Tensor f16 = counting({1, 1, 2, 2}, 1, DataType::F16);
  const Tensor bf16 = counting({1, 1, 4, 4}, 1, DataType::BF16);
  on_every_backend([&](const BackendPtr& backend) {
    expect_refusal(ErrorKind::DataType, "filters's type",
                   [&] { conv2d(single, kKernel, {}, backend); });
    expect_refusal(ErrorKind::DataType, "filters's type", [&] { conv2d(bf16, f16, {}, backend); });
  });
}

TEST(Types, TheAutomaticChoiceComputesHalfPrecisionOnTheReference) {
  const Tensor x = counting({1, 1, 4, 4}, 1, DataType::F16);
  const Tensor w = counting({1, 1, 2, 2}, 1, DataType::F16);
  const Tensor y = conv2d(x, w);
  EXPECT_EQ(y.type(), DataType::F16);
  EXPECT_EQ(y.values(), (Values{26, 36, 46, 66, 76, 86, 106, 116, 126}));
}

TEST(Refuses, NoBackendAndNoData) {
  expect_refusal(ErrorKind::Unsupported, "backend", [] { conv2d(kImage, kKernel, {}, nullptr); });
  TensorView without_data = counting({1, 1, 2, 2}, 1, DataType::F32).view();
  without_data.data = nullptr;
  expect_refusal(ErrorKind::Memory, "w's data", [&] { conv2d(kImage, without_data); });
}

TEST(Conv2d, EmptyBatchesChannelsAndFilters) {
  on_every_backend([](const BackendPtr& backend) {
    EXPECT_EQ(conv2d(Tensor({0, 1, 4, 4}), Tensor({2, 1, 2, 2}), {}, backend).shape(),
              (Shape{0, 2, 3, 3}));
    EXPECT_EQ(conv2d(Tensor({1, 0, 4, 4}), Tensor({1, 0, 2, 2}), {}, backend).values(),
              Values(9, 0.0));
    EXPECT_EQ(conv2d_grad_wrt_inputs(Tensor({1, 0, 3, 3}), Tensor({0, 1, 2, 2}), {1, 1, 4, 4}, {},
                                     backend)
                  .values(),
              Values(16, 0.0));
  });
}

}  // namespace
}  // namespace convcheck
