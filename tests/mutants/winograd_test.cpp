// The honest transform is one.
#include "tests/mutants/winograd.h"

#include <gtest/gtest.h>

#include <cmath>

#include "checker/suite.h"
#include "tests/mutants/kernel.h"

namespace convcheck {
namespace {

// Numbers between -1 and 1 without a pattern.
Tensor numbers(const Shape& shape, double seed) {
  Tensor tensor(shape);
  std::vector<double> values;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    values.push_back(std::sin(seed * static_cast<double>(i * i + 1)));
  }
  return Tensor(shape, values);
}

double largest_error(const Shape& x_shape, const Shape& w_shape) {
  const ConvProblem problem =
      make_problem(Direction::Forward, x_shape, w_shape, {.border_mode = half});
  const Tensor x = numbers(x_shape, 0.7), w = numbers(w_shape, 1.3);
  const std::vector<double> got =
      compute(*winograd_kernel("Winograd"), problem, x, w, DataType::F32).values();
  const std::vector<double> sums =
      compute(*kernel("honest"), problem, x, w, DataType::F64).values();
  double largest = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest = std::max(largest, std::abs(got[i] - sums[i]));
  }
  return largest;
}

TEST(Winograd, ErrsMoreThanASumThatIsRoundedOnceAndLessThanItsClaim) {
  const double terms = 9 * 16, u = 0x1p-24;
  const double error = largest_error({2, 16, 9, 8}, {3, 16, 3, 3});
  EXPECT_GT(error, 8 * u);  // every sum is below 16
  EXPECT_LT(error, kWinogradAmplification * u * terms);
}

TEST(Winograd, IsRightOnEveryFill) {
  for (const char* fill : {"narrow", "real", "impulse"}) {
    const Case c =
        parse_case(std::string("conv2d.forward f32 x=2x16x9x8 w=3x16x3x3 border=2 fill=") + fill);
    EXPECT_EQ(run_one(c, winograd_kernel("Winograd")).outcome, Outcome::Passed) << fill;
  }
}

TEST(Winograd, IsNotHeldToIntegersThatItsBoundDoesNotKeepApart) {
  const Case c = parse_case("conv2d.forward f32 x=2x16x9x8 w=3x16x3x3 border=2 fill=wide");
  EXPECT_EQ(run_one(c, winograd_kernel("Winograd")).outcome, Outcome::Skipped);
}

}  // namespace
}  // namespace convcheck
