#include "checker/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace convcheck {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

const ConvProblem kProblem{.rank = 1, .channels = 100};

Judge judge_of(Fill fill, const CallTypes& types = {}) {
  return {kProblem, types, make_data(kProblem, types, fill, 1)};
}

Sum sum_of(double value, std::int64_t terms = 1) { return {value, std::abs(value), terms}; }

TEST(JudgeOfIntegers, IsEqualityWithTheSumRoundedOnce) {
  const Judge judge = judge_of(Fill::Narrow);
  EXPECT_TRUE(judge.is_right(5, sum_of(5)));
  EXPECT_TRUE(judge.is_right(-0.0, sum_of(0)));
  EXPECT_TRUE(judge.is_right(0.0, sum_of(-0.0)));
  EXPECT_FALSE(judge.is_right(std::nextafter(5.0, 6.0), sum_of(5)));
  EXPECT_FALSE(judge.is_right(kNan, sum_of(5)));
  EXPECT_FALSE(judge.is_right(kInfinity, sum_of(5)));
  const Judge half = judge_of(Fill::Wide, {.y = DataType::F16});
  EXPECT_TRUE(half.is_right(2048, sum_of(2049)));  // a tie, to even
  EXPECT_FALSE(half.is_right(2050, sum_of(2049)));
  EXPECT_FALSE(half.is_right(2049, sum_of(2049)));
}

TEST(JudgeOfIntegers, WantsTheSameKindWhereTheSumIsNotFinite) {
  const Judge judge = judge_of(Fill::Special);
  EXPECT_TRUE(judge.is_right(kNan, {kNan, kNan, 3}));
  EXPECT_TRUE(judge.is_right(-kNan, {kNan, kNan, 3}));
  EXPECT_FALSE(judge.is_right(0, {kNan, kNan, 3}));
  EXPECT_FALSE(judge.is_right(kInfinity, {kNan, kNan, 3}));
  EXPECT_TRUE(judge.is_right(kInfinity, {kInfinity, kInfinity, 3}));
  EXPECT_FALSE(judge.is_right(-kInfinity, {kInfinity, kInfinity, 3}));
  EXPECT_FALSE(judge.is_right(1e38, {kInfinity, kInfinity, 3}));
  EXPECT_TRUE(judge.is_right(0x1p-149, sum_of(0x1p-149)));
  EXPECT_FALSE(judge.is_right(0, sum_of(0x1p-149)));  // flushed to zero
}

TEST(JudgeOfIntegers, OfATransformIsRoundedToTheNearestIntegerFirst) {
  const Judge judge = judge_of(Fill::Narrow, {.amplification = 4});
  EXPECT_TRUE(judge.is_right(5.4, sum_of(5)));
  EXPECT_FALSE(judge.is_right(5.6, sum_of(5)));
  EXPECT_FALSE(judge.is_right(kNan, sum_of(5)));
}

TEST(JudgeOfIntegers, KnowsWhatIsNotExactInEveryOrder) {
  const Judge judge = judge_of(Fill::Narrow);
  EXPECT_TRUE(judge.fits({0x1p24, 0x1p24, 9}));
  EXPECT_TRUE(judge.fits({0, 0x1p25, 9}));  // 2^24 positive, 2^24 negative
  EXPECT_FALSE(judge.fits({0x1p24, 0x1p24 + 2, 9}));
}

TEST(JudgeOfRealData, HasTheBoundsOfItsHeader) {
  const Judge judge = judge_of(Fill::Real);
  const double u = 0x1p-24, macs = 100, n = 1000000;
  EXPECT_DOUBLE_EQ(judge.lambda(), std::sqrt(2 * std::log(2 * macs * 0x1p40)));
  const Bound bound = judge.bound({2, 50, 1000000});
  EXPECT_NEAR(bound.expected,
              std::expm1(judge.lambda() * std::sqrt(n) * u + n * u * u) * 50 + u * 2, 1e-8);
  EXPECT_NEAR(bound.rigorous, n * u * 50 + u * 2, 1e-6);
}

TEST(JudgeOfRealData, OfOneProductAllowsItsRoundingAndNoMore) {
  const Judge judge = judge_of(Fill::Real);
  const Bound bound = judge.bound(sum_of(1, 1));
  EXPECT_EQ(bound.expected, bound.rigorous) << "lambda sqrt(n) is not above n";
  EXPECT_TRUE(judge.is_right(1 + 0x1p-23, sum_of(1, 1)));
  EXPECT_FALSE(judge.is_right(1 + 0x1p-22, sum_of(1, 1)));
  EXPECT_TRUE(judge.is_right(0, sum_of(0, 0)));
  EXPECT_FALSE(judge.is_right(1e-30, sum_of(0, 0)));
}

TEST(JudgeOfRealData, FailsNanAndInfinityWhereTheSumIsFinite) {
  const Judge judge = judge_of(Fill::Real);
  for (const std::int64_t n : {std::int64_t{1}, std::int64_t{1000000}}) {
    EXPECT_FALSE(judge.is_right(kNan, {1, 1, n}));
    EXPECT_FALSE(judge.is_right(kInfinity, {1, 1, n}));
    EXPECT_FALSE(judge.is_possible(kNan, {1, 1, n}));
  }
  EXPECT_TRUE(judge.is_right(kNan, {kNan, kNan, 2}));
  EXPECT_TRUE(judge.is_right(kInfinity, {kInfinity, kInfinity, 2}));
}

TEST(JudgeOfRealData, ASumAtTheEndOfTheRangeMayRoundToInfinity) {
  const Judge judge = judge_of(Fill::Real, {.y = DataType::F16});
  EXPECT_TRUE(judge.is_right(kInfinity, sum_of(65519, 1)));
  EXPECT_FALSE(judge.is_right(-kInfinity, sum_of(65519, 1)));
  EXPECT_FALSE(judge.is_right(kInfinity, sum_of(60000, 1)));
}

TEST(JudgeOfRealData, ForgivesDeclaredInputsOfFewerBits) {
  const Judge plain = judge_of(Fill::Real), tf32 = judge_of(Fill::Real, {.input_bits = 11});
  EXPECT_FALSE(plain.is_right(1 + 0x1p-11, sum_of(1, 1)));
  EXPECT_TRUE(tf32.is_right(1 + 0x1p-11, sum_of(1, 1)));
  EXPECT_FALSE(tf32.is_right(1 + 0x1p-9, sum_of(1, 1)));
}

TEST(JudgeOfRealData, BetweenTheBoundsIsPossibleButNotRight) {
  const Judge judge = judge_of(Fill::Real);
  const Sum sum{0, 1000, 10000};
  const Bound bound = judge.bound(sum);
  ASSERT_LT(2 * bound.expected, bound.rigorous);
  EXPECT_FALSE(judge.is_right(2 * bound.expected, sum));
  EXPECT_TRUE(judge.is_possible(2 * bound.expected, sum));
  EXPECT_FALSE(judge.is_possible(2 * bound.rigorous, sum));
}

TEST(Ulps, AreOfTheGivenType) {
  EXPECT_EQ(ulps_between(DataType::F32, 1 + 0x1p-23, 1), 1);
  EXPECT_EQ(ulps_between(DataType::F64, 1 + 0x1p-52, 1), 1);
  EXPECT_EQ(ulps_between(DataType::F16, 1 + 0x1p-10, 1), 1);
  EXPECT_EQ(ulps_between(DataType::BF16, 1 + 0x1p-7, 1), 1);
  EXPECT_EQ(ulps_between(DataType::F32, 0x1p-149, 0), 1);
  EXPECT_EQ(ulps_between(DataType::F32, 0x1p-149, 0x1p-130), 0x1p19 - 1) << "subnormal";
  EXPECT_EQ(ulps_between(DataType::F32, kNan, 0), kInfinity);
  EXPECT_EQ(ulps_between(DataType::F32, kInfinity, kInfinity), 0);
  EXPECT_EQ(ulps_between(DataType::F32, 3, 3), 0);
}

// 2000 dot products of 256 numbers, each computed by `dot`.
std::vector<Graded> graded(
    const std::function<double(const std::vector<double>&, const std::vector<double>&)>& dot) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<Graded> all;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> a, b;
    Sum sum{0, 0, 256};
    for (int k = 0; k < 256; ++k) {
      a.push_back(uniform(random));
      b.push_back(uniform(random));
      sum.value += a.back() * b.back();
      sum.magnitude += std::abs(a.back() * b.back());
    }
    all.push_back({dot(a, b), sum});
  }
  return all;
}

template <class Round, class Add>
std::string grade_of(const Round& input, const Add& add, DataType result = DataType::F32) {
  return precision_grade(graded([&](const std::vector<double>& a, const std::vector<double>& b) {
                           double sum = 0;
                           for (std::size_t k = 0; k < a.size(); ++k)
                             sum = add(sum + input(a[k]) * input(b[k]));
                           return rounded(result, sum);
                         }),
                         result);
}

TEST(PrecisionGrade, NamesTheShortestArithmetic) {
  const auto same = [](double value) { return value; };
  const auto in = [](DataType type) { return [type](double v) { return rounded(type, v); }; };
  const auto bits = [](int count) {
    return [count](double v) {
      if (v == 0) return v;
      const int e = std::ilogb(v);
      return std::ldexp(std::nearbyint(std::ldexp(v, count - 1 - e)), e - count + 1);
    };
  };
  EXPECT_EQ(grade_of(same, in(DataType::F32)), "f32");
  EXPECT_EQ(grade_of(same, in(DataType::F64), DataType::F64), "f64");
  EXPECT_EQ(grade_of(bits(11), in(DataType::F32)), "TF32");
  EXPECT_EQ(grade_of(same, in(DataType::F16)), "f16");
  EXPECT_EQ(grade_of(same, in(DataType::BF16)), "bf16");
  EXPECT_EQ(grade_of(same, in(DataType::F32), DataType::F16), "f16");
  EXPECT_EQ(grade_of(same, bits(4)), "below bf16");
}

TEST(PrecisionGrade, SaysNothingOfFewElements) {
  std::vector<Graded> few = graded([](const auto&, const auto&) { return 0; });
  few.resize(999);
  EXPECT_EQ(precision_grade(few, DataType::F32), "");
}

}  // namespace
}  // namespace convcheck
