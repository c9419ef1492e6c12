#include "fast/conv3d2d.h"

#include "fast/conv.h"
#include "tests/unit/composed.h"

namespace convcheck {
namespace {

using testing::ElementsAre;

Tensor exchanged(const TensorView& view) {
  return Tensor::copy_of(permuted(view, {0, 2, 1, 3, 4}));
}

TEST(Conv3d2d, TimeComesSecondAndTheFiltersAreFlipped) {
  on_every_backend([](const BackendPtr& backend) {
    // Three times of one channel and one pixel; each time's filters are 1 and 10.
    const Tensor signals({1, 3, 1, 1, 1}, {1, 2, 3}), filters({2, 2, 1, 1, 1}, {1, 10, 100, 1000});
    const Tensor y = conv3d2d::conv3d(signals, filters, {}, backend);
    EXPECT_EQ(y.shape(), (Shape{1, 2, 2, 1, 1}));
    EXPECT_THAT(y.values(), ElementsAre(12, 1200, 23, 2300));
  });
}

TEST(Conv3d2d, IsConv3dWithTimeAndChannelsExchanged) {
  on_every_backend([](const BackendPtr& backend) {
    for (const AxisBorder::Kind border : {valid, half, full}) {
      for (const std::int64_t taps : {1, 2, 3}) {
        const Tensor x = scrambled({2, 4, 3, 6, 5}), w = scrambled({2, taps, 3, 3, 2}, 2);
        const Tensor y = conv3d2d::conv3d(x, w, {.border_mode = border}, backend);
        const Tensor expected = conv3d(exchanged(x), exchanged(w), {.border_mode = border});
        EXPECT_EQ(y.shape(), exchanged(expected).shape());
        EXPECT_EQ(y.values(), exchanged(expected).values());
      }
    }
  });
}

TEST(Conv3d2d, EveryAxisMayHaveItsOwnWord) {
  const Tensor x = counting({2, 5, 3, 6, 5}), w = counting({4, 2, 3, 3, 2});
  const auto shape = [&](const BorderMode& border) {
    return conv3d2d::conv3d(x, w, {.border_mode = border}).shape();
  };
  EXPECT_EQ(shape({valid, half, half}), (Shape{2, 4, 4, 6, 6}));
  EXPECT_EQ(shape({full, half, half}), (Shape{2, 6, 4, 6, 6}));
  EXPECT_EQ(shape({half, valid, full}), (Shape{2, 6, 4, 4, 6}));
  EXPECT_EQ(shape(half), shape({half, half, half}));
}

TEST(Conv3d2d, BordersAreWords) {
  const auto call = [](const BorderMode& border) {
    return [border] {
      conv3d2d::conv3d(counting({1, 3, 1, 3, 3}), counting({1, 2, 1, 2, 2}),
                       {.border_mode = border});
    };
  };
  expect_refusal(ErrorKind::BorderMode, "border_mode", call(1));
  expect_refusal(ErrorKind::BorderMode, "border_mode", call({1, 1, 1}));
  expect_refusal(ErrorKind::BorderMode, "border_mode", call({half, full}));
  expect_refusal(ErrorKind::BorderMode, "border_mode", call({half, half, {0, 1}}));
}

TEST(Conv3d2d, FewerTimesThanTapsFitOnlyWithABorder) {
  const Tensor x = counting({2, 2, 3, 6, 5}), w = counting({4, 4, 3, 3, 2});
  expect_refusal(ErrorKind::OutputShape, "output extent[0]", [&] { conv3d2d::conv3d(x, w); });
  EXPECT_EQ(conv3d2d::conv3d(x, w, {.border_mode = half}).shape(), (Shape{2, 3, 4, 6, 6}));
  EXPECT_EQ(conv3d2d::conv3d(x, w, {.border_mode = full}).shape(), (Shape{2, 5, 4, 8, 6}));
}

TEST(Conv3d2d, AnyStridesGiveTheSame) {
  const Tensor x = scrambled({2, 4, 3, 5, 4}), w = scrambled({2, 2, 3, 3, 2}, 2);
  EXPECT_EQ(conv3d2d::conv3d(Scattered(x), Scattered(w), {.border_mode = half}).values(),
            conv3d2d::conv3d(x, w, {.border_mode = half}).values());
}

TEST(Conv3d2d, DeclaredShapesAreCheckedInTheCallersOrder) {
  const Tensor x = counting({2, 5, 3, 6, 5}), w = counting({4, 2, 3, 3, 2});
  EXPECT_NO_THROW(conv3d2d::conv3d(
      x, w, {.signals_shape = {2, 5, 3, 6, 5}, .filters_shape = {4, std::nullopt, 3, 3, 2}}));
  expect_refusal(ErrorKind::InputShape, "signals_shape[1]", [&] {
    conv3d2d::conv3d(x, w, {.signals_shape = {2, 3, 3, 6, 5}});
  });
  expect_refusal(ErrorKind::FilterShape, "filters_shape[2]", [&] {
    conv3d2d::conv3d(x, w, {.filters_shape = {4, 2, 2, 3, 2}});
  });
}

TEST(Conv3d2d, ErrorsSpeakOfSignals) {
  const Tensor x = counting({2, 5, 3, 6, 5});
  expect_refusal(ErrorKind::Rank, "signals", [&] {
    conv3d2d::conv3d(counting({2, 5, 3, 6}), counting({4, 2, 3, 3, 2}));
  });
  expect_refusal(ErrorKind::Channels, "filters' channels", [&] {
    conv3d2d::conv3d(x, counting({4, 2, 2, 3, 2}));
  });
  expect_refusal(ErrorKind::Rank, "signals_shape", [&] {
    conv3d2d::conv3d_grad_wrt_inputs(x, counting({3, 2, 3, 3, 2}), {2, 5, 3});
  });
  expect_refusal(ErrorKind::FilterShape, "filters_shape[2]", [&] {
    conv3d2d::conv3d_grad_wrt_weights(x, x, {4, std::nullopt, 3, 3, 2});
  });
}

}  // namespace
}  // namespace convcheck
