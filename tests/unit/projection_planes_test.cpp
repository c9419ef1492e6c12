#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "checker/projection/kernels.h"
#include "checker/projection/plane_convolution.h"
#include "checker/projection/planes.h"
#include "reference/loops.h"

namespace convcheck::projection {
namespace {

std::uint64_t next(std::uint64_t& state) {
  return state = state * 6364136223846793005u + 1442695040888963407u;
}

std::int64_t small_integer(std::uint64_t& state) {
  return static_cast<std::int64_t>((next(state) >> 40) % 2001) - 1000;
}

template <class S>
std::vector<S> integers(std::size_t count, std::uint64_t seed) {
  std::vector<S> values;
  while (values.size() < count) values.push_back(static_cast<S>(small_integer(seed)));
  return values;
}

template <class S>
class Reading : public ::testing::Test {};
using Sources = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Reading, Sources);

TYPED_TEST(Reading, SumsOfRowsAreTheSameForEveryInstructionSet) {
  for (const auto* kernels : runnable_kernels<std::uint64_t>()) {
    const auto& reading = kernels->reading(static_cast<const TypeParam*>(nullptr));
    for (std::int64_t count = 0; count < 40; ++count) {
      for (std::int64_t number = 0; number < 7; ++number) {
        const auto values = integers<TypeParam>(40 * 7, 5);
        std::uint64_t state = 9;
        std::vector<std::uint64_t> weights, sums(40, 3), expected(40, 3);
        std::vector<const TypeParam*> rows;
        for (std::int64_t row = 0; row < number; ++row) {
          weights.push_back(next(state));
          rows.push_back(values.data() + row * 40);
          for (std::int64_t j = 0; j < count; ++j) {
            expected[std::size_t(j)] +=
                weights.back() * static_cast<std::uint64_t>(std::int64_t(rows.back()[j]));
          }
        }
        EXPECT_TRUE(
            reading.add_rows(sums.data(), {rows.data(), weights.data(), number, count}, 1000));
        ASSERT_EQ(sums, expected);
      }
    }
  }
}

TYPED_TEST(Reading, ProductsAreFoldedIntoABlock) {
  for (const auto* kernels : runnable_kernels<std::uint64_t>()) {
    const auto& reading = kernels->reading(static_cast<const TypeParam*>(nullptr));
    for (std::int64_t count = 0; count < 70; ++count) {
      for (const std::int64_t block : {1, 9, 16, 72}) {
        const auto values = integers<TypeParam>(70, 5);
        std::uint64_t state = 9;
        std::vector<std::uint64_t> weights, sums(72), expected(72);
        for (std::int64_t j = 0; j < 70; ++j) weights.push_back(next(state));
        for (std::int64_t j = 0; j < count; ++j) {
          expected[std::size_t(j % block)] +=
              weights[std::size_t(j)] *
              static_cast<std::uint64_t>(std::int64_t(values[std::size_t(j)]));
        }
        EXPECT_TRUE(
            reading.add_products(sums.data(), block, {values.data(), weights.data(), count}, 1000));
        ASSERT_EQ(sums, expected);
      }
    }
  }
}

TYPED_TEST(Reading, WhatIsNoIntegerOrTooLargeIsSeenInEveryPlace) {
  constexpr auto kInfinity = std::numeric_limits<TypeParam>::infinity();
  for (const auto* kernels : runnable_kernels<std::uint64_t>()) {
    const auto& reading = kernels->reading(static_cast<const TypeParam*>(nullptr));
    for (const double limit : {0.0, 1000.0, 0x1p51, 0x1p53}) {
      std::vector<TypeParam> values(21, 0);
      const std::vector<std::uint64_t> weights(21, 1);
      std::vector<std::uint64_t> sums(21);
      const TypeParam* row = values.data();
      const auto accepted = [&] {
        const bool rows = reading.add_rows(sums.data(), {&row, weights.data(), 1, 21}, limit);
        for (const std::int64_t block : {1, 21}) {
          EXPECT_EQ(rows,
                    reading.add_products(sums.data(), block, {row, weights.data(), 21}, limit));
        }
        return rows;
      };
      EXPECT_TRUE(accepted());
      for (TypeParam& value : values) {
        value = static_cast<TypeParam>(-limit);
        EXPECT_TRUE(accepted());
        for (const TypeParam wrong :
             {TypeParam(0.5), TypeParam(-1e-30), kInfinity, -kInfinity, TypeParam(std::nan("")),
              static_cast<TypeParam>(limit * 1.001 + 1), TypeParam(1e30),
              std::numeric_limits<TypeParam>::denorm_min()}) {
          value = wrong;
          EXPECT_FALSE(accepted()) << limit << " " << wrong;
        }
        value = TypeParam(-0.0);
      }
    }
  }
}

// The largest are converted one by one, since the vectors' way ends at 2^51.
TYPED_TEST(Reading, IntegersUpToTheLimitAreExact) {
  constexpr std::int64_t kCount = 70;
  const std::vector<std::uint64_t> weights(kCount, 0x9e3779b97f4a7c15u);
  for (const auto* kernels : runnable_kernels<std::uint64_t>()) {
    const auto& reading = kernels->reading(static_cast<const TypeParam*>(nullptr));
    for (const std::int64_t limit : {std::int64_t{1} << 51, std::int64_t{1} << 53}) {
      std::vector<TypeParam> values;
      std::uint64_t expected = 3;
      for (std::int64_t j = 0; j < kCount; ++j) {
        const std::int64_t integer = (limit - (j << 30)) * (j % 2 == 0 ? 1 : -1);
        values.push_back(static_cast<TypeParam>(integer));
        expected += weights[0] * static_cast<std::uint64_t>(integer);
      }
      for (const std::int64_t block : {1, 16}) {
        std::vector<std::uint64_t> sums(16, 0);
        sums[0] = 3;
        EXPECT_TRUE(reading.add_products(sums.data(), block,
                                         {values.data(), weights.data(), kCount},
                                         static_cast<double>(limit)));
        EXPECT_EQ(std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}), expected) << block;
      }
    }
  }
}

TYPED_TEST(Reading, SquaresAreSummedWithoutWeights) {
  const auto values = integers<TypeParam>(70, 5);
  const auto weights = integers<double>(70, 6);
  for (const auto* kernels : runnable_kernels<double>()) {
    const auto& reading = kernels->reading(static_cast<const TypeParam*>(nullptr));
    for (std::int64_t count = 0; count < 70; ++count) {
      for (const std::int64_t block : {1, 9, 72}) {
        std::vector<double> sums(72, 3), squares(72, 4), products(72, 3), expected(72, 4);
        for (std::int64_t j = 0; j < count; ++j) {
          const auto value = static_cast<double>(values[std::size_t(j)]);
          products[std::size_t(j % block)] += weights[std::size_t(j)] * value;
          expected[std::size_t(j % block)] += value * value;
        }
        reading.add_products({sums.data(), squares.data()}, block,
                             {values.data(), weights.data(), count}, 0);
        ASSERT_EQ(sums, products);
        ASSERT_EQ(squares, expected);
      }
    }
  }
}

template <class T>
class Numbers : public ::testing::Test {};
using Computed = ::testing::Types<std::uint64_t, double>;
TYPED_TEST_SUITE(Numbers, Computed);

TYPED_TEST(Numbers, TapsAndDotsAreTheSameForEveryInstructionSet) {
  using T = TypeParam;
  for (const auto* kernels : runnable_kernels<T>()) {
    for (std::int64_t count = 0; count < 80; ++count) {
      const auto a = integers<T>(120, 3), b = integers<T>(120, 4);
      const std::vector<Tap<T>> taps{{T(3), 0}, {T(7), 5}, {T(2), 31}};
      std::vector<T> sums(80, 1), expected(80, 1);
      T product = 0;
      for (std::int64_t j = 0; j < count; ++j) {
        for (const Tap<T>& tap : taps) {
          expected[std::size_t(j)] += tap.weight * a[std::size_t(tap.offset + j)];
        }
        product += a[std::size_t(j)] * b[std::size_t(j)];
      }
      kernels->add_taps(sums.data(), count, a.data(), taps.data(), 3);
      EXPECT_EQ(sums, expected);
      EXPECT_EQ(kernels->dot(a.data(), b.data(), count), product);
    }
  }
}

// With one image and one filter a group, nothing is projected: the planes are the tensors.
TEST(PlaneConvolution, IsTheProblemItself) {
  for (const bool unshared : {false, true}) {
    for (const Direction direction : kAllDirections) {
      ConvProblem problem;
      problem.direction = direction;
      problem.rank = 3;
      problem.groups = problem.channels = problem.filters = 2;
      problem.unshared = unshared;
      problem.windows = {Window{5, 2, 3, 2, 2, 0}, Window{4, 3, 1, 2, 1, 3},
                         Window{9, 2, 4, 6, 3, 1}};
      validate(problem);
      Tensor tensors[3] = {Tensor(problem.x_shape(), DataType::F64),
                           Tensor(problem.w_shape(), DataType::F64),
                           Tensor(problem.y_shape(), DataType::F64)};
      for (Tensor& tensor : tensors) {
        const auto values = integers<double>(std::size_t(tensor.size()), 8);
        std::copy(values.begin(), values.end(), tensor.data<double>());
      }
      const Operands operands{tensors[0], tensors[1], tensors[2]};
      compute_by_loops(problem, operands);
      const auto size = [](const TensorView& view) { return view.size() / view.extents[1]; };
      StoredPlanes<double> x(problem, size(operands.x), tensors[0].data<double>());
      StoredPlanes<double> y(problem, size(operands.y), tensors[2].data<double>());
      PlaneOperands<double> of{&x, tensors[1].data<double>(), &y};
      const std::vector<double> result = PlaneConvolution<double>(problem).run(of);
      const TensorView& expected = operands.result(direction);
      ASSERT_EQ(static_cast<std::int64_t>(result.size()), expected.size());
      for (std::size_t i = 0; i < result.size(); ++i) {
        ASSERT_EQ(result[i], static_cast<const double*>(expected.data)[i]) << to_string(problem);
      }
    }
  }
}

}  // namespace
}  // namespace convcheck::projection
