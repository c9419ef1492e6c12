#include "reference/oracle.h"

#include <cmath>
#include <limits>

#include "tests/unit/worked.h"

namespace convcheck {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

ConvProblem forward_problem(const Tensor& x, const Tensor& w,
                            const ConvParameters& parameters = {}) {
  return make_problem(Direction::Forward, x.shape(), w.shape(), parameters);
}

TEST(Sum, HoldsValueMagnitudeAndTerms) {
  const Tensor x = f64({1, 1, 3}, {1, -2, 3}), w = f64({1, 1, 3}, {10, 100, -1000});
  const Sum sum = forward_at(forward_problem(x, w, {.filter_flip = false}), x, w, {0, 0, 0});
  EXPECT_EQ(sum.value, 10 - 200 - 3000);
  EXPECT_EQ(sum.magnitude, 10 + 200 + 3000);
  EXPECT_EQ(sum.terms, 3);
}

TEST(Sum, CountsNoPadding) {
  const Tensor x = counting({1, 1, 5, 5}), w = counting({1, 1, 3, 3});
  const ConvProblem problem = forward_problem(x, w, {.border_mode = half});
  EXPECT_EQ(forward_at(problem, x, w, {0, 0, 0, 0}).terms, 4);
  EXPECT_EQ(forward_at(problem, x, w, {0, 0, 0, 2}).terms, 6);
  EXPECT_EQ(forward_at(problem, x, w, {0, 0, 2, 2}).terms, 9);
}

TEST(Sum, HasNoTermsWhereAllIsPadding) {
  const Tensor x = counting({1, 1, 1}), w = counting({1, 1, 1});
  const Sum sum = forward_at(forward_problem(x, w, {.border_mode = 3}), x, w, {0, 0, 0});
  EXPECT_EQ(sum.value, 0);
  EXPECT_EQ(sum.magnitude, 0);
  EXPECT_EQ(sum.terms, 0);
}

TEST(Sum, IsRoundedOnceWhateverTheOrder) {
  // In plain f64 the ones are lost beside 2^53, or the cancellation loses them.
  const double big = 0x1p53;
  for (const Values& values :
       {Values{big, 1, 1, -big}, Values{1, big, -big, 1}, Values{-big, 1, big, 1}}) {
    const Tensor x = f64({1, 1, 4}, values);
    EXPECT_EQ(forward(x, ones({1, 1, 4})), (Values{2}));
  }
}

TEST(Sum, KeepsTheLowHalvesOfProducts) {
  // (1 + e)^2 - (1 + 2e) = e^2, which no single f64 product shows.
  const double e = 0x1p-30;
  const Tensor x = f64({1, 1, 2}, {1 + e, 1}), w = f64({1, 1, 2}, {1 + e, -(1 + 2 * e)});
  EXPECT_EQ(forward(x, w, {.filter_flip = false}), (Values{e * e}));
}

// The number of elements of each class.
struct Classes {
  int nan = 0, infinite = 0, finite = 0;
  friend bool operator==(const Classes&, const Classes&) = default;
};

Classes classes(const Values& values) {
  Classes count;
  for (const double value : values) {
    ++(std::isnan(value) ? count.nan : std::isinf(value) ? count.infinite : count.finite);
  }
  return count;
}

Tensor with(Tensor tensor, const Index& at, double value) {
  tensor.set(at, value);
  return tensor;
}

TEST(Infinity, StaysInfinityBesidePaddingAndBetweenTheTapsOfADilatedFilter) {
  const Tensor w = with(ones({1, 1, 3, 3}), {0, 0, 0, 0}, kInfinity);
  EXPECT_EQ(classes(forward(ones({1, 1, 5, 5}), w, {.border_mode = half})), (Classes{0, 16, 9}));
  EXPECT_EQ(classes(grad_inputs({1, 1, 5, 5}, w, ones({1, 1, 2, 2}), {.subsample = {2, 2}})),
            (Classes{0, 4, 21}));
  const Tensor x = with(ones({1, 1, 7, 7}), {0, 0, 3, 3}, kInfinity);
  EXPECT_EQ(classes(forward(x, ones({1, 1, 3, 3}), {.filter_dilation = {2, 2}})),
            (Classes{0, 1, 8}));
}

TEST(Infinity, InGradWeightsReachesTheTapsThatMeetIt) {
  const Tensor x = with(ones({1, 1, 5, 5}), {0, 0, 1, 1}, kInfinity);
  EXPECT_EQ(classes(grad_weights(x, {1, 1, 3, 3}, ones({1, 1, 2, 2}), {.subsample = {2, 2}})),
            (Classes{0, 1, 8}));
}

TEST(Infinity, OfBothSignsIsNaNAndTimesZeroIsNaN) {
  const Tensor x = f64({1, 1, 3}, {kInfinity, -kInfinity, 1});
  EXPECT_EQ(classes(forward(x, ones({1, 1, 2}))), (Classes{1, 1, 0}));
  EXPECT_EQ(classes(forward(x, f64({1, 1, 1}, {0}))), (Classes{2, 0, 1}));
}

TEST(Overflow, OfThePlainSumIsInfinity) {
  const double largest = std::numeric_limits<double>::max();
  EXPECT_EQ(forward(f64({1, 1, 2}, {largest, largest}), ones({1, 1, 2})), (Values{kInfinity}));
}

TEST(ForEachTap, ShowsWhereTheOperandsStand) {
  const Tensor x = counting({2, 4, 5}), w = counting({4, 2, 3});
  ConvProblem problem = forward_problem(
      x, w, {.border_mode = {{1, 0}}, .subsample = {2}, .filter_dilation = {2}, .num_groups = 2});
  std::string taps;
  const auto show = [&](const Tap& tap) {
    taps += to_string(tap.x) + "*" + to_string(tap.w) + "->" + to_string(tap.y) + " ";
  };
  // Output 0 reads coordinates -1, 1, 3 through the flipped filter; filter 3 belongs to channels 2
  // and 3.
  for_each_tap(problem, {1, 3, 0}, show);
  EXPECT_EQ(taps, "1x2x3*3x0x0->1x3x0 1x3x3*3x1x0->1x3x0 1x2x1*3x0x1->1x3x0 1x3x1*3x1x1->1x3x0 ");
  taps.clear();
  problem.direction = Direction::GradInputs;
  for_each_tap(problem, {1, 2, 3}, show);
  EXPECT_EQ(taps, "1x2x3*2x0x0->1x2x0 1x2x3*3x0x0->1x3x0 ");
  taps.clear();
  problem.direction = Direction::GradWeights;
  for_each_tap(problem, {3, 1, 0}, show);
  EXPECT_EQ(taps, "0x3x3*3x1x0->0x3x0 1x3x3*3x1x0->1x3x0 ");
}

}  // namespace
}  // namespace convcheck
