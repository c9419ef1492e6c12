#include "fast/legacy_conv.h"

#include "fast/conv.h"
#include "tests/unit/composed.h"

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

namespace convcheck {
namespace {

using testing::ElementsAre;

TEST(LegacyConv2d, FlipsTheFilters) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor x({1, 1, 1, 3}, {1, 2, 3}), w({1, 1, 1, 2}, {1, 10});
    EXPECT_THAT(conv::conv2d(x, w, {}, backend).values(), ElementsAre(12, 23));
    EXPECT_THAT(conv::conv2d(x, w, {.border_mode = full}, backend).values(),
                ElementsAre(1, 12, 23, 30));
  });
}

TEST(LegacyConv2d, IsConv2dWithAllStrides) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor x = scrambled({2, 3, 7, 6}), w = scrambled({4, 3, 3, 2}, 2);
    for (const AxisBorder::Kind border : {valid, full}) {
      for (const Dims& subsample : {Dims{1, 1}, Dims{2, 1}, Dims{3, 4}}) {
        EXPECT_EQ(
            conv::conv2d(x, w, {.border_mode = border, .subsample = subsample}, backend).values(),
            conv2d(x, w, {.border_mode = border, .subsample = subsample}).values());
      }
    }
  });
}

TEST(LegacyConv2d, UnrollingDoesNotChangeTheResult) {
  const Tensor x = scrambled({2, 3, 7, 6}), w = scrambled({4, 3, 3, 2}, 2);
  EXPECT_EQ(
      conv::conv2d(x, w, {.unroll_batch = 3, .unroll_kern = 2, .unroll_patch = true}).values(),
      conv::conv2d(x, w).values());
}

TEST(LegacyConv2d, AnyStridesGiveTheSame) {
  const Tensor x = scrambled({2, 3, 7, 6}), w = scrambled({4, 3, 3, 2}, 2);
  EXPECT_EQ(conv::conv2d(Scattered(x), Scattered(w)).values(), conv::conv2d(x, w).values());
}

TEST(LegacyConv2d, RefusesWhatTheOriginalRefused) {
  const Tensor x = counting({2, 3, 6, 5}), w = counting({4, 3, 3, 2});
  const auto call = [&](const conv::Options& options) {
    return [&x, &w, options] { conv::conv2d(x, w, options); };
  };
  for (const BorderMode& border : {BorderMode(half), BorderMode(1), BorderMode{1, 1}}) {
    expect_refusal(ErrorKind::BorderMode, "border_mode", call({.border_mode = border}));
  }
  expect_refusal(ErrorKind::Rank, "subsample", call({.subsample = {2}}));
  expect_refusal(ErrorKind::InputShape, "image_shape[2]", call({.image_shape = {2, 3, 7, 5}}));
  expect_refusal(ErrorKind::FilterShape, "filter_shape[3]", call({.filter_shape = {4, 3, 3, 3}}));
  expect_refusal(ErrorKind::Channels, "filter_shape[1]",
                 call({.image_shape = {2, 3, 6, 5}, .filter_shape = {4, 2, 3, 2}}));
  expect_refusal(ErrorKind::DataType, "filters's type", [&] {
    conv::conv2d(x, counting({4, 3, 3, 2}, 1, DataType::F32));
  });
  expect_refusal(ErrorKind::Rank, "input", [&] { conv::conv2d(counting({3, 6, 5}), w); });
  expect_refusal(ErrorKind::Channels, "filters' channels", [&] {
    conv::conv2d(x, counting({4, 2, 3, 2}));
  });
  expect_refusal(ErrorKind::OutputShape, "output extent[0]", [&] {
    conv::conv2d(x, counting({4, 3, 7, 2}));
  });
}

TEST(LegacyConv2d, StridesBelowOneAreRefused) {
  const Tensor x = counting({2, 3, 6, 5}), w = counting({4, 3, 3, 2});
  expect_refusal(ErrorKind::Stride, "subsample[0]", [&] {
    conv::conv2d(x, w, {.subsample = {0, 1}});
  });
  expect_refusal(ErrorKind::Stride, "subsample[1]", [&] {
    conv::conv2d(x, w, {.subsample = {1, -1}});
  });
}

TEST(LegacyConv2d, LogicalShapesAreRefused) {
  const Tensor x = counting({2, 3, 6, 5}), w = counting({4, 3, 3, 2});
  expect_refusal(ErrorKind::Unsupported, "imshp_logical", [&] {
    conv::conv2d(x, w, {.imshp_logical = {3, 12, 10}});
  });
  expect_refusal(ErrorKind::Unsupported, "kshp_logical", [&] {
    conv::conv2d(x, w, {.kshp_logical = {6, 4}});
  });
}

// Both gradients with the same options, for an input of 6 x 5 and filters of 3 x 2.
std::vector<std::function<void()>> gradients(const conv::Options& options) {
  const Shape x{2, 3, 6, 5}, w{4, 3, 3, 2};
  const Tensor dy = conv2d(counting(x), counting(w),
                           {.border_mode = options.border_mode, .subsample = options.subsample});
  return {[=] { conv::conv2d_grad_wrt_inputs(dy, counting(w), x, options); },
          [=] { conv::conv2d_grad_wrt_weights(counting(x), dy, w, options); }};
}

TEST(LegacyConv2d, StridedGradientsAreDisabledAsInTheOriginal) {
  const ShapeHint image{2, 3, 6, 5}, filter{4, 3, 3, 2};
  for (const auto& gradient :
       gradients({.image_shape = image, .filter_shape = filter, .subsample = {2, 1}})) {
    expect_refusal(ErrorKind::Unsupported, "subsample", gradient);
  }
  for (const auto& gradient : gradients({.image_shape = image,
                              .filter_shape = filter,
                              .border_mode = full,
                              .subsample = {1, 3}})) {
    expect_refusal(ErrorKind::Unsupported, "subsample", gradient);
  }
  for (const auto& gradient : gradients({.border_mode = full, .subsample = {2, 2}})) {
    expect_refusal(ErrorKind::InputShape, "image_shape", gradient);
  }
  for (const auto& gradient : gradients({.image_shape = image,
                              .filter_shape = {4, std::nullopt, 3, 2},
                              .border_mode = full,
                              .subsample = {2, 2}})) {
    expect_refusal(ErrorKind::FilterShape, "filter_shape", gradient);
  }
}

TEST(LegacyConv2d, TheOtherGradientsWork) {
  const ShapeHint image{2, 3, 6, 5}, filter{4, 3, 3, 2};
  for (const conv::Options& options : {conv::Options{}, conv::Options{.border_mode = full},
                                       conv::Options{.image_shape = image,
                                       .filter_shape = filter,
                                       .border_mode = full,
                                       .subsample = {1, 2}}}) {
    for (const auto& gradient : gradients(options)) EXPECT_NO_THROW(gradient());
  }
}

}  // namespace
}  // namespace convcheck
