#include "fast/causal.h"

#include "tests/unit/composed.h"

namespace convcheck {
namespace {

using testing::ElementsAre;

// Two channels of five times, and two filters of three taps.
Tensor input() { return Tensor({1, 2, 5}, {2, 4, 9, 5, 8, 0, 0, 4, 0, 5}); }
Tensor filters() { return Tensor({2, 2, 3}, {5, 3, 1, 3, 1, 0, 6, 4, 9, 2, 2, 7}); }

TEST(CausalConv1d, FlippedGivesTheDocumentedNumbers) {
  on_every_backend([](const BackendPtr& backend) {
    EXPECT_THAT(causal_conv1d(input(), filters(), {}, backend).values(),
                ElementsAre(10, 26, 71, 60, 79, 12, 32, 96, 110, 187));
  });
}

TEST(CausalConv1d, UnflippedGivesTheDocumentedNumbers) {
  on_every_backend([](const BackendPtr& backend) {
    EXPECT_THAT(causal_conv1d(input(), filters(), {.filter_flip = false}, backend).values(),
                ElementsAre(2, 10, 31, 56, 80, 18, 44, 137, 113, 189));
  });
}

TEST(CausalConv1d, DilatedGivesTheDocumentedNumbers) {
  on_every_backend([](const BackendPtr& backend) {
    EXPECT_THAT(causal_conv1d(input(), filters(), {.filter_dilation = 2}, backend).values(),
                ElementsAre(10, 20, 63, 37, 88, 12, 24, 70, 46, 120));
    EXPECT_THAT(
        causal_conv1d(input(), filters(), {.filter_flip = false, .filter_dilation = 2}, backend)
            .values(),
        ElementsAre(2, 4, 15, 17, 49, 18, 36, 117, 61, 163));
  });
}

TEST(CausalConv1d, StridedKeepsEverySecondOutput) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor y = causal_conv1d(input(), filters(), {.subsample = 2}, backend);
    EXPECT_EQ(y.shape(), (Shape{1, 2, 3}));
    EXPECT_THAT(y.values(), ElementsAre(10, 71, 79, 12, 96, 187));
  });
}

TEST(CausalConv1d, ALaterInputChangesNoEarlierOutput) {
  Tensor x = input();
  const std::vector<double> before = causal_conv1d(x, filters(), {.filter_dilation = 2}).values();
  x.set({0, 0, 3}, 1000);
  const std::vector<double> after = causal_conv1d(x, filters(), {.filter_dilation = 2}).values();
  for (std::size_t i : {0, 1, 2, 5, 6, 7}) EXPECT_EQ(after[i], before[i]) << i;
  EXPECT_NE(after[3], before[3]);
}

TEST(CausalConv1d, AFilterMayBeLongerThanTime) {
  EXPECT_THAT(
      causal_conv1d(Tensor({1, 1, 2}, {1, 2}), Tensor({1, 1, 4}, {1, 10, 100, 1000})).values(),
      ElementsAre(1, 12));
}

TEST(CausalConv1d, UnsharedFiltersBelongToTheirOutput) {
  on_every_backend([](const BackendPtr& backend) {
    const Tensor x({1, 1, 3}, {1, 2, 3});
    const Tensor w({1, 3, 1, 2}, {1, 10, 2, 20, 3, 30});
    // y[t] = x[t] * w[t, 0] + x[t - 1] * w[t, 1]
    EXPECT_THAT(causal_conv1d(x, w, {.unshared = true}, backend).values(), ElementsAre(1, 24, 69));
  });
}

TEST(CausalConv1d, GroupsReadTheirOwnChannels) {
  const Tensor x({1, 2, 2}, {1, 2, 3, 4});
  const Tensor w({2, 1, 2}, {1, 10, 100, 1000});
  EXPECT_THAT(causal_conv1d(x, w, {.num_groups = 2}).values(), ElementsAre(1, 12, 300, 3400));
}

TEST(CausalConv1d, AnyStridesGiveTheSame) {
  EXPECT_EQ(causal_conv1d(Scattered(input()), Scattered(filters())).values(),
            causal_conv1d(input(), filters()).values());
}

TEST(CausalConv1d, ADeclaredFilterIsCheckedAndNotUsed) {
  EXPECT_NO_THROW(causal_conv1d(input(), filters(), {.filter_shape = {2, 2, 3}}));
  EXPECT_NO_THROW(
      causal_conv1d(input(), filters(), {.filter_shape = {std::nullopt, 2, std::nullopt}}));
  expect_refusal(ErrorKind::FilterShape, "filter_shape[2]", [] {
    causal_conv1d(input(), filters(), {.filter_shape = {2, 2, 2}});
  });
  expect_refusal(ErrorKind::Rank, "filter_shape", [] {
    causal_conv1d(input(), filters(), {.filter_shape = {2, 2}});
  });
  expect_refusal(ErrorKind::InputShape, "input_shape[1]", [] {
    causal_conv1d(input(), filters(), {.input_shape = {1, 3, 5}});
  });
}

TEST(CausalConv1d, TheImpossibleIsRefused) {
  expect_refusal(ErrorKind::Rank, "input", [] {
    causal_conv1d(counting({1, 2, 5, 1}), filters());
  });
  expect_refusal(ErrorKind::Rank, "filters", [] {
    causal_conv1d(counting({1, 2, 5}), counting({2, 2, 3, 1}));
  });
  expect_refusal(ErrorKind::Stride, "subsample[0]",
                 [] { causal_conv1d(input(), filters(), {.subsample = 0}); });
  expect_refusal(ErrorKind::Dilation, "filter_dilation[0]",
                 [] { causal_conv1d(input(), filters(), {.filter_dilation = 0}); });
  expect_refusal(ErrorKind::Overflow, "filter extent[0]",
                 [] { causal_conv1d(input(), filters(), {.filter_dilation = INT64_MAX}); });
  expect_refusal(ErrorKind::Groups, "num_groups",
                 [] { causal_conv1d(input(), filters(), {.num_groups = 3}); });
  expect_refusal(ErrorKind::Regions, "filters' regions", [] {
    causal_conv1d(counting({1, 1, 3}), counting({1, 2, 1, 2}), {.unshared = true});
  });
}

TEST(CausalConv1d, GradientsNeedTheExtentThatTheyCompute) {
  expect_refusal(ErrorKind::FilterShape, "filter_shape[2]", [] {
    causal_conv1d_grad_wrt_weights(input(), counting({1, 2, 5}), {2, 2, std::nullopt});
  });
  expect_refusal(ErrorKind::InputShape, "input_shape[2]", [] {
    causal_conv1d_grad_wrt_inputs(counting({1, 2, 5}), filters(), {1, 2, std::nullopt});
  });
}

}  // namespace
}  // namespace convcheck
