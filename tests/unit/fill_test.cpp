#include "checker/fill.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "reference/oracle.h"

namespace convcheck {
namespace {

ConvProblem one_axis(Direction direction, const Window& window, std::int64_t channels = 1) {
  return {.direction = direction, .rank = 1, .channels = channels, .windows = {window}};
}

Data narrow(const ConvProblem& problem, const CallTypes& types, std::uint64_t seed) {
  return make_data(problem, types, Fill::Narrow, seed);
}

std::int64_t counted_terms(const ConvProblem& problem) {
  std::int64_t most = 0;
  Index at(problem.result_shape().size(), 0);
  do {
    std::int64_t terms = 0;
    for_each_tap(problem, at, [&](const Tap&) { ++terms; });
    most = std::max(most, terms);
  } while (advance(at, problem.result_shape()));
  return most;
}

TEST(MaxTerms, IsNeverBelowTheCountAndIsTheCountWhereAWholeWindowFits) {
  for (const Direction direction : kAllDirections) {
    for (std::int64_t input = 1; input <= 9; ++input) {
      for (std::int64_t filter = 1; filter <= 4; ++filter) {
        for (std::int64_t stride = 1; stride <= 3; ++stride) {
          for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
            const Window window{input, filter, stride, dilation, 1, 1};
            if (window.output() < 1) continue;
            const ConvProblem problem = one_axis(direction, window, 2);
            const std::int64_t counted = counted_terms(problem);
            EXPECT_GE(max_terms(problem), counted) << to_string(problem);
            if (direction == Direction::Forward && window.dilated_filter() + 2 * stride <= input) {
              EXPECT_EQ(max_terms(problem), counted) << to_string(problem);
            }
          }
        }
      }
    }
  }
}

TEST(Narrow, HasNoZeroAndStaysInItsRange) {
  const Data values = narrow(one_axis(Direction::Forward, {.input = 100, .filter = 7}), {}, 3);
  std::set<double> seen;
  for (std::int64_t i = 0; i < 20000; ++i) {
    const double value = values.x.at(i);
    ASSERT_NE(value, 0);
    ASSERT_EQ(value, std::trunc(value));
    ASSERT_LE(std::abs(value), static_cast<double>(values.x.range));
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 2 * static_cast<std::size_t>(values.x.range))
      << "every value of the range occurs";
}

TEST(Narrow, KeepsEverySumExactAndShrinksTheRangeBeforeItAddsZeros) {
  for (std::int64_t channels = 1; channels < (std::int64_t{1} << 30); channels = channels * 3 + 1) {
    const Data values =
        narrow(one_axis(Direction::Forward, {.input = 1, .filter = 1}, channels), {}, 1);
    const double most = static_cast<double>(values.x.range * values.w.range * channels);
    EXPECT_LE(most * values.x.density, 0x1p24) << channels;
    EXPECT_EQ(values.w.density, 1);
    if (values.x.density < 1) {
      EXPECT_EQ(values.x.range * values.w.range, 1) << channels;
    }
    if (channels <= (1 << 24)) {
      EXPECT_EQ(values.x.density, 1) << channels;
    }
  }
}

TEST(Narrow, LeavesRoomForEightStandardDeviationsWhereItAddsZeros) {
  const std::int64_t terms = 100000;
  const CallTypes short_accumulator{.y = DataType::BF16, .accumulator = DataType::BF16};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Data values = narrow(one_axis(Direction::Forward, {.input = 1, .filter = 1}, terms),
                               short_accumulator, seed);
    double magnitude = 0;
    for (std::int64_t i = 0; i < terms; ++i) magnitude += std::abs(values.x.at(i) * values.w.at(i));
    EXPECT_LE(magnitude, 256) << seed;
    EXPECT_GE(magnitude, 64) << "and does not waste it";
  }
}

TEST(Narrow, FitsAShorterResultBySixStandardDeviations) {
  const CallTypes types{.y = DataType::F16, .accumulator = DataType::F32};
  const Data values =
      narrow(one_axis(Direction::Forward, {.input = 1, .filter = 1}, 100), types, 1);
  EXPECT_LE(6.0 * static_cast<double>(values.x.range * values.w.range) * 10, 2048);
  EXPECT_GE(values.x.range * values.w.range, 30);
}

TEST(Narrow, GivesBothReadOperandsOfEveryDirectionTheirRange) {
  for (const Direction direction : kAllDirections) {
    const Data values = narrow(one_axis(direction, {.input = 9, .filter = 3}), {}, 1);
    if (direction != Direction::GradInputs) {
      EXPECT_GT(values.x.range, 50);
    }
    if (direction != Direction::GradWeights) {
      EXPECT_GT(values.w.range, 50);
    }
    if (direction != Direction::Forward) {
      EXPECT_GT(values.y.range, 50);
    }
  }
}

TEST(Fill, WritesTheSameLogicalElementsInAnyLayoutAndType) {
  OperandFill values;
  values.key = 5;
  values.range = 9;
  values.density = 0.5;
  for (const DataType type : kAllDataTypes) {
    Tensor rows({3, 4}, type), columns({4, 3}, type);
    write(values, rows);
    write(values, permuted(columns, {1, 0}));
    for (std::int64_t i = 0; i < 12; ++i) {
      EXPECT_EQ(rows.at({i / 4, i % 4}), values.at(i));
      EXPECT_EQ(columns.at({i % 4, i / 4}), values.at(i));
    }
  }
}

TEST(Fill, DependsOnSeedAndOperand) {
  const ConvProblem problem = one_axis(Direction::Forward, {.input = 9, .filter = 3});
  const Data one = narrow(problem, {}, 1), again = narrow(problem, {}, 1),
             two = narrow(problem, {}, 2);
  int differ = 0, operands_differ = 0;
  for (std::int64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(one.x.at(i), again.x.at(i));
    differ += one.x.at(i) != two.x.at(i);
    operands_differ += one.x.at(i) != one.w.at(i);
  }
  EXPECT_GT(differ, 80);
  EXPECT_GT(operands_differ, 80);
}

TEST(WriteNan, ReachesEveryElementOfEveryType) {
  for (const DataType type : kAllDataTypes) {
    Tensor tensor({2, 3}, type);
    write_nan(permuted(tensor, {1, 0}));
    for (const double value : tensor.values()) EXPECT_TRUE(std::isnan(value));
    Tensor contiguous({5}, type);
    write_nan(contiguous);
    for (const double value : contiguous.values()) EXPECT_TRUE(std::isnan(value));
  }
}

}  // namespace
}  // namespace convcheck
