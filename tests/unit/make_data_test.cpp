// What every fill promises of its sums, in hostile orders of summation.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "checker/fill.h"
#include "checker/judge.h"

namespace convcheck {
namespace {

using Order = std::function<void(std::vector<double>&)>;

// The orders that make partial sums large.
const Order kOrders[] = {
    [](std::vector<double>&) {},
    [](std::vector<double>& p) { std::reverse(p.begin(), p.end()); },
    [](std::vector<double>& p) { std::sort(p.begin(), p.end()); },
    [](std::vector<double>& p) { std::sort(p.rbegin(), p.rend()); },  // positive first
    [](std::vector<double>& p) {
      std::sort(p.begin(), p.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    },
};

// Sums in `type`, rounding after every product.
double summed(std::vector<double> products, const Order& order, DataType type) {
  order(products);
  double sum = 0;
  for (const double product : products) sum = rounded(type, sum + rounded(type, product));
  return sum;
}

struct Made {
  ConvProblem problem;
  CallTypes types;
  Data data;
  Tensor x, w, y;
  Operands operands() const { return {x, w, y}; }

  std::vector<double> products(const Index& at) const {
    std::vector<double> all;
    for_each_tap(problem, at, [&](const Tap& tap) {
      const double a = problem.direction == Direction::GradInputs ? w.at(tap.w) : x.at(tap.x);
      const double b = problem.direction == Direction::Forward ? w.at(tap.w) : y.at(tap.y);
      all.push_back(a * b);
    });
    return all;
  }
};

Made make(const ConvProblem& problem, const CallTypes& types, Fill fill, std::uint64_t seed) {
  Made made{problem, types, make_data(problem, types, fill, seed), {}, {}, {}};
  made.x = Tensor(problem.x_shape(), types.x);
  made.w = Tensor(problem.w_shape(), types.w);
  made.y = Tensor(problem.y_shape(), types.y);
  write_inputs(made.data, problem.direction, {made.x, made.w, made.y});
  return made;
}

std::vector<ConvProblem> problems() {
  std::vector<ConvProblem> all;
  for (const Direction direction : kAllDirections) {
    for (const std::int64_t channels : {1, 6, 300}) {
      all.push_back({.direction = direction,
                     .rank = 2,
                     .batch = channels == 300 ? 20 : 2,
                     .channels = channels,
                     .filters = direction == Direction::GradInputs ? channels : 2,
                     .windows = {{{6, 3, 1, 1, 1, 1}, {7, 2, 2, 1, 0, 1}}}});
    }
  }
  return all;
}

void for_some_elements(const ConvProblem& problem, const std::function<void(const Index&)>& act) {
  Index at(problem.result_shape().size(), 0);
  for (std::int64_t i = 0; i < 20; ++i) {
    act(at);
    if (!advance(at, problem.result_shape())) return;
  }
}

CallTypes all_of(DataType type) {
  return {type, type, type, type == DataType::F64 ? DataType::F64 : DataType::F32};
}

TEST(IntegerFills, AreExactInHostileOrdersOfSummation) {
  for (const Fill fill : {Fill::Narrow, Fill::Wide, Fill::Impulse}) {
    for (const DataType type : kAllDataTypes) {
      for (const ConvProblem& problem : problems()) {
        for (const std::uint64_t seed : {1, 2}) {
          const Made made = make(problem, all_of(type), fill, seed);
          const Judge judge(problem, made.types, made.data);
          for_some_elements(problem, [&](const Index& at) {
            const Sum sum = result_at(problem, made.operands(), at);
            ASSERT_TRUE(judge.fits(sum)) << to_string(problem);
            ASSERT_LE(std::abs(sum.value), made.data.largest);
            for (const Order& order : kOrders) {
              const double got = summed(made.products(at), order, made.types.accumulator);
              ASSERT_EQ(got, sum.value) << to_string(fill) << " " << to_string(problem);
            }
          });
        }
      }
    }
  }
}

TEST(RealFill, IsWithinTheExpectedBoundInHostileOrdersButSortedOnes) {
  for (const DataType type : kAllDataTypes) {
    for (const ConvProblem& problem : problems()) {
      const Made made = make(problem, all_of(type), Fill::Real, 3);
      const Judge judge(problem, made.types, made.data);
      for_some_elements(problem, [&](const Index& at) {
        const Sum sum = result_at(problem, made.operands(), at);
        for (const Order& order : kOrders) {
          const double got = rounded(judge.result_type(),
                                     summed(made.products(at), order, made.types.accumulator));
          ASSERT_TRUE(judge.is_possible(got, sum)) << to_string(problem);
        }
        const double got = summed(made.products(at), kOrders[0], made.types.accumulator);
        ASSERT_TRUE(judge.is_right(rounded(judge.result_type(), got), sum)) << to_string(problem);
      });
    }
  }
}

TEST(WideFill, HasOneOperandOfOddIntegersOfFullWidthAndTheRolesChangeWithTheSeed) {
  const ConvProblem problem{.rank = 1, .channels = 9, .windows = {{{9, 3}}}};
  for (const DataType type : kAllDataTypes) {
    const int bits = type == DataType::F64   ? 26
                     : type == DataType::F32 ? 13
                                             : significand_bits(type);
    for (const std::uint64_t seed : {4, 5}) {
      const Data data = make_data(problem, all_of(type), Fill::Wide, seed);
      const OperandFill& odd = seed == 5 ? data.w : data.x;
      const OperandFill& thin = seed == 5 ? data.x : data.w;
      double most = 0;
      for (std::int64_t i = 0; i < 4000; ++i) {
        EXPECT_EQ(std::fmod(std::abs(odd.at(i)), 2), 1);
        EXPECT_EQ(odd.at(i), rounded(type, odd.at(i))) << "representable";
        EXPECT_LE(std::abs(thin.at(i)), 1);
        most = std::max(most, std::abs(odd.at(i)));
      }
      EXPECT_GT(most, std::ldexp(0.99, bits));
      EXPECT_LT(most, std::ldexp(1.0, bits));
    }
  }
}

TEST(WideFill, DoesNotOverflowF16) {
  const ConvProblem problem{.rank = 1, .channels = 100000};
  const Made made = make(problem, all_of(DataType::F16), Fill::Wide, 1);
  EXPECT_TRUE(std::isfinite(rounded(DataType::F16, made.data.largest)));
  const Sum sum = result_at(problem, made.operands(), {0, 0, 0});
  EXPECT_LE(sum.magnitude, 65504);
  EXPECT_GT(sum.magnitude, 0);
}

TEST(WideFill, ShrinksToDeclaredInputs) {
  const ConvProblem problem{.rank = 1, .channels = 9};
  EXPECT_EQ(make_data(problem, {.input_bits = 11}, Fill::Wide, 2).x.bits, 11);
}

TEST(RealFill, IsZeroMeanAndRepresentable) {
  for (const DataType type : kAllDataTypes) {
    const Data data = make_data({.rank = 1}, all_of(type), Fill::Real, 1);
    double sum = 0, squares = 0;
    for (std::int64_t i = 0; i < 20000; ++i) {
      const double value = data.x.at(i);
      ASSERT_EQ(value, rounded(type, value));
      ASSERT_LE(std::abs(value), 1);
      sum += value;
      squares += value * value;
    }
    EXPECT_NEAR(sum / 20000, 0, 0.02);
    EXPECT_NEAR(squares / 20000, 1.0 / 3, 0.02);
  }
}

TEST(Impulse, ReachesExactlyOneElement) {
  for (const ConvProblem& problem : problems()) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Made made = make(problem, {}, Fill::Impulse, seed);
      ASSERT_TRUE(made.data.reached);
      EXPECT_EQ(std::abs(result_at(problem, made.operands(), *made.data.reached).value), 6);
      double all = 0;
      Index at(problem.result_shape().size(), 0);
      if (element_count(problem.result_shape()) > 5000) continue;
      do all += std::abs(result_at(problem, made.operands(), at).value);
      while (advance(at, problem.result_shape()));
      EXPECT_EQ(all, 6);
    }
  }
}

TEST(Special, HasNanBothInfinitiesAndASubnormalInEitherOperand) {
  const ConvProblem problem{.rank = 1, .channels = 2, .windows = {{{5, 3}}}};
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const Made made = make(problem, {}, Fill::Special, seed);
    ASSERT_TRUE(made.data.reached);
    const double got = result_at(problem, made.operands(), *made.data.reached).value;
    const bool in_w = made.data.w.hot >= 0 && !(std::abs(made.data.w.hot_value) == 0);
    seen.insert((std::isnan(got)   ? "nan"
                 : std::isinf(got) ? (got > 0 ? "inf" : "-inf")
                                   : "tiny") +
                std::string(in_w ? " w" : " x"));
    if (std::isfinite(got)) {
      EXPECT_GT(std::abs(got), 0);
      EXPECT_LT(std::abs(got), 1e-40);
    }
  }
  EXPECT_GE(seen.size(), 6u) << "the sign of an infinity depends on the other factor";
}

// As TF32 has them, say: one that rounding makes zero would be no fault of the backend.
TEST(Special, HasASubnormalThatDeclaredInputsHold) {
  const ConvProblem problem{.rank = 1, .channels = 2, .windows = {{{5, 3}}}};
  for (const std::uint64_t seed : {6, 7}) {
    const Data plain = make_data(problem, {}, Fill::Special, seed);
    const Data rounded = make_data(problem, {.input_bits = 11}, Fill::Special, seed);
    const bool in_w = (seed & 1) != 0;
    EXPECT_EQ((in_w ? plain.w : plain.x).hot_value, 0x1p-149);
    EXPECT_EQ((in_w ? rounded.w : rounded.x).hot_value, 0x1p-136);
  }
}

TEST(TransformFill, KeepsTheDerivedErrorBelowOneHalf) {
  for (const double amplification : {2.0, 30.0, 500.0}) {
    for (const std::int64_t channels : {1, 64, 2048}) {
      const ConvProblem problem{.rank = 1, .channels = channels, .windows = {{{5, 3}}}};
      const Data data = make_data(problem, {.amplification = amplification}, Fill::Narrow, 1);
      const double error = amplification * 0x1p-24 * static_cast<double>(data.terms) *
                           data.x.largest() * data.w.largest();
      EXPECT_LT(error, 0.5);
    }
  }
}

TEST(AdjointData, IsExactInAllThreeDirections) {
  for (const ConvProblem& forward : problems()) {
    const Data data = make_adjoint_data(forward, {}, 1);
    for (const Direction direction : kAllDirections) {
      ConvProblem problem = forward;
      problem.direction = direction;
      Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
      write(data.x, x);
      write(data.w, w);
      write(data.y, y);
      const Judge judge(problem, {}, data);
      for_some_elements(problem, [&](const Index& at) {
        EXPECT_TRUE(judge.fits(result_at(problem, {x, w, y}, at)));
      });
    }
  }
}

TEST(FillNames, ReadBack) {
  for (const Fill fill : kAllFills) EXPECT_EQ(parse_fill(to_string(fill)), fill);
  EXPECT_EQ(parse_fill(""), Fill::Narrow);
  EXPECT_THROW(parse_fill("broad"), ConvError);
}

}  // namespace
}  // namespace convcheck
