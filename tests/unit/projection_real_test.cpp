#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "checker/projection/real_projection.h"
#include "reference/loops.h"
#include "reference/oracle.h"

namespace convcheck {
namespace {

ConvProblem problem_of(Direction direction, std::int64_t group_channels, bool unshared = false) {
  ConvProblem problem;
  problem.direction = direction;
  problem.batch = 4;
  problem.groups = 2;
  problem.channels = 2 * group_channels;
  problem.filters = 12;
  problem.unshared = unshared;
  problem.windows[0] = {7, 3, 1, 1, 1, 1};
  problem.windows[1] = {9, 3, 2, 2, 2, 1};
  validate(problem);
  return problem;
}

std::vector<ConvProblem> problems() {
  std::vector<ConvProblem> all;
  for (const Direction direction : kAllDirections) {
    for (const std::int64_t channels : {1, 3, 16}) all.push_back(problem_of(direction, channels));
    all.push_back(problem_of(direction, 3, true));
  }
  return all;
}

// Operands of random reals with mean 0, and room for the result.
struct Call {
  ConvProblem problem;
  Tensor x, w, y;
  Operands operands;

  Call(const ConvProblem& of, std::uint64_t seed, DataType input = DataType::F32,
       DataType output = DataType::F32)
      : problem(of),
        x(problem.x_shape(), type(Direction::GradInputs, input, output)),
        w(problem.w_shape(), type(Direction::GradWeights, input, output)),
        y(problem.y_shape(), type(Direction::Forward, input, output)),
        operands{x, w, y} {
    std::mt19937_64 engine(seed);
    for (const Tensor* tensor : {&x, &w, &y}) {
      if (tensor->size() == 0) continue;
      Index at(tensor->shape().size(), 0);
      do tensor->view().set(at, static_cast<double>(engine() >> 11) * 0x1p-52 - 1);
      while (advance(at, tensor->shape()));
    }
  }
  DataType type(Direction written_by, DataType input, DataType output) const {
    return problem.direction == written_by ? output : input;
  }
  const TensorView& result() const { return operands.result(problem.direction); }
};

enum class Order { Forward, Backward, Sorted };

// What a kernel may do to its inputs, its sums and its taps.
struct Kernel {
  DataType accumulator = DataType::F32;
  Order order = Order::Forward;
  bool tf32 = false;
  std::int64_t without_channel = -1;
};

double tf32(double value) {
  if (value == 0) return 0;
  const double unit = std::ldexp(1.0, std::ilogb(value) - 10);
  return std::nearbyint(value / unit) * unit;
}

double sum_of(const Call& call, const Index& at, const Kernel& kernel) {
  std::vector<double> products;
  for_each_tap(call.problem, at, [&](const Tap& tap) {
    if (tap.x[1] % call.problem.group_channels() == kernel.without_channel) return;
    double a =
        call.problem.direction == Direction::GradInputs ? call.w.at(tap.w) : call.x.at(tap.x);
    double b = call.problem.direction == Direction::Forward ? call.w.at(tap.w) : call.y.at(tap.y);
    if (kernel.tf32) a = tf32(a), b = tf32(b);
    products.push_back(rounded(kernel.accumulator, a * b));
  });
  if (kernel.order == Order::Backward) std::reverse(products.begin(), products.end());
  if (kernel.order == Order::Sorted) std::sort(products.begin(), products.end());
  double sum = 0;
  for (const double product : products) sum = rounded(kernel.accumulator, sum + product);
  return sum;
}

void compute(const Call& call, const Kernel& kernel) {
  Index at(call.result().rank(), 0);
  do call.result().set(at, sum_of(call, at, kernel));
  while (advance(at, call.result().extents));
}

RealCheck judged(const Call& call, const Kernel& kernel, DataType accumulator, std::uint64_t seed) {
  compute(call, kernel);
  return RealProjection(call.problem, call.operands, accumulator, seed).check(call.result());
}

TEST(RealProjection, HonestResultsInEveryOrderPass) {
  for (const ConvProblem& problem : problems()) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      for (const Order order : {Order::Forward, Order::Backward, Order::Sorted}) {
        const RealCheck check =
            judged(Call(problem, seed), {DataType::F32, order}, DataType::F32, seed);
        EXPECT_FALSE(check.violated) << to_string(problem) << " " << check.worst_ratio;
        EXPECT_GT(check.worst_ratio, 1e-5);
      }
    }
  }
}

TEST(RealProjection, HonestResultsOfEveryTypePass) {
  for (const ConvProblem& problem : problems()) {
    for (const DataType type : kAllDataTypes) {
      const DataType accumulator = type == DataType::F64 ? DataType::F64 : DataType::F32;
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const Call call(problem, seed, type, type);
        EXPECT_FALSE(judged(call, {accumulator}, accumulator, seed).violated) << to_string(type);
        EXPECT_FALSE(judged(call, {type}, type, seed).violated) << to_string(type);
      }
    }
  }
}

TEST(RealProjection, TheSignsDoNotMatter) {
  const Call call(problem_of(Direction::Forward, 3), 5);
  compute(call, {});
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const RealProjection projection(call.problem, call.operands, DataType::F32, seed);
    ASSERT_FALSE(projection.check(call.result()).violated) << seed;
  }
}

TEST(RealProjection, ADroppedChannelIsSeen) {
  for (const ConvProblem& problem : problems()) {
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      EXPECT_TRUE(judged(Call(problem, seed), {.without_channel = 0}, DataType::F32, seed).violated)
          << to_string(problem);
    }
  }
}

TEST(RealProjection, AHalfAccumulatorIsSeen) {
  for (const ConvProblem& problem : problems()) {
    for (const DataType type : {DataType::F16, DataType::BF16}) {
      EXPECT_TRUE(judged(Call(problem, 1), {type}, DataType::F32, 1).violated)
          << to_string(problem);
    }
  }
}

TEST(RealProjection, AFloatAccumulatorBehindDoublesIsSeen) {
  for (const ConvProblem& problem : problems()) {
    const Call call(problem, 1, DataType::F64, DataType::F64);
    EXPECT_TRUE(judged(call, {DataType::F32}, DataType::F64, 1).violated) << to_string(problem);
  }
}

// Of short sums only: the bound grows with the number of terms faster than what zero-mean data do.
TEST(RealProjection, Tf32InputsOfShortSumsAreSeen) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const Call call(problem_of(Direction::Forward, 2), seed);
    EXPECT_TRUE(judged(call, {.tf32 = true}, DataType::F32, seed).violated);
  }
}

TEST(RealProjection, WhatIsNotFiniteIsSeen) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    for (const DataType type : {DataType::F32, DataType::BF16}) {
      const Call call(problem_of(Direction::Forward, 3), 1, type, type);
      compute(call, {});
      call.result().set({1, 2, 3, 2}, value);
      const RealCheck check =
          RealProjection(call.problem, call.operands, DataType::F32, 1).check(call.result());
      EXPECT_TRUE(check.violated);
      EXPECT_TRUE(std::isinf(check.worst_ratio));
    }
  }
}

TEST(RealProjection, AnErrorOfItsPrintedLimitIsSeenInEveryElement) {
  for (const ConvProblem& problem : problems()) {
    for (const DataType type : {DataType::F64, DataType::F32, DataType::BF16}) {
      const DataType accumulator = type == DataType::F64 ? DataType::F64 : DataType::F32;
      const Call call(problem, 3, type, type);
      compute(call, {accumulator});
      const RealProjection projection(problem, call.operands, accumulator, 3);
      const double limit = projection.check(call.result()).element_limit;
      std::mt19937_64 engine(4);
      for (int i = 0; i < 30; ++i) {
        Index at;
        for (const std::int64_t extent : call.result().extents) {
          at.push_back(static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(extent)));
        }
        const double right = call.result().at(at);
        double wrong = right + (i % 2 == 0 ? limit : -limit);
        while (std::abs(rounded(type, wrong) - right) < limit) wrong += (wrong - right) / 64;
        call.result().set(at, wrong);
        ASSERT_TRUE(projection.check(call.result()).violated) << to_string(problem);
        call.result().set(at, right);
      }
    }
  }
}

TEST(RealProjection, ErrorsOfItsPrintedRmsLimitInEveryElementAreSeen) {
  const Call call(problem_of(Direction::Forward, 3), 3);
  compute(call, {});
  const RealProjection projection(call.problem, call.operands, DataType::F32, 3);
  const double limit = projection.check(call.result()).rms_limit;
  std::mt19937_64 engine(4);
  Index at(call.result().rank(), 0);
  do {
    call.result().set(at, call.result().at(at) + (engine() >> 63 ? limit : -limit));
  } while (advance(at, call.result().extents));
  EXPECT_TRUE(projection.check(call.result()).violated);
}

TEST(RealProjection, NothingToComputePasses) {
  for (const Direction direction : kAllDirections) {
    for (int which = 0; which < 3; ++which) {
      ConvProblem problem = problem_of(direction, 2);
      (which == 0 ? problem.batch : which == 1 ? problem.channels : problem.filters) = 0;
      const Call call(problem, 1);
      if (!call.result().empty()) compute(call, {});
      const RealProjection projection(problem, call.operands, DataType::F32, 1);
      EXPECT_FALSE(projection.check(call.result()).violated);
    }
  }
}

}  // namespace
}  // namespace convcheck
