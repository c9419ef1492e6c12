#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <set>

#include "checker/projection/exact_projection.h"
#include "reference/loops.h"

namespace convcheck {
namespace {

// Two groups, a stride, a dilation and asymmetric pads.
ConvProblem small_problem(Direction direction, bool unshared = false) {
  ConvProblem problem;
  problem.direction = direction;
  problem.batch = 3;
  problem.channels = 4;
  problem.filters = 6;
  problem.groups = 2;
  problem.unshared = unshared;
  problem.windows[0] = {7, 3, 2, 1, 1, 0};
  problem.windows[1] = {8, 2, 1, 2, 0, 2};
  validate(problem);
  return problem;
}

void fill_integers(const TensorView& view, std::uint64_t seed, int range = 4) {
  if (view.empty()) return;
  Index at(view.rank(), 0);
  do {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    view.set(
        at, static_cast<double>(static_cast<std::int64_t>((seed >> 33) % (2 * range + 1))) - range);
  } while (advance(at, view.extents));
}

struct Finished {
  ConvProblem problem;
  Tensor x, w, y;
  Operands operands;

  explicit Finished(const ConvProblem& of, DataType type = DataType::F64, int range = 4)
      : problem(of),
        x(problem.x_shape(), type),
        w(problem.w_shape(), type),
        y(problem.y_shape(), type),
        operands{x, w, y} {
    fill_integers(x, 1, range);
    fill_integers(w, 2, range);
    fill_integers(y, 3, range);
    compute_by_loops(problem, operands);
  }
  const TensorView& result() const { return operands.result(problem.direction); }
  ExactProjection projection(double largest = 0x1p16) const {
    return ExactProjection(problem, operands, largest, 7);
  }
};

std::vector<Finished> all_small() {
  std::vector<Finished> all;
  for (const bool unshared : {false, true}) {
    for (const Direction direction : kAllDirections) {
      all.emplace_back(small_problem(direction, unshared));
    }
  }
  return all;
}

void add(const TensorView& view, const Index& at, double error) {
  view.set(at, view.at(at) + error);
}

std::vector<Index> places(const Located& located) {
  std::vector<Index> at;
  for (const WrongElement& element : located.wrong) at.push_back(element.at);
  return at;
}

TEST(ExactProjection, SeesASingleErrorInEveryElement) {
  for (const Finished& of : all_small()) {
    const ExactProjection projection = of.projection();
    EXPECT_TRUE(projection.check(of.result()).matches());
    Index at(of.result().rank(), 0);
    do {
      const double right = of.result().at(at);
      of.result().set(at, right + 1);
      ASSERT_EQ(projection.check(of.result()).mismatching, 1);
      const Located located = projection.locate(of.result());
      ASSERT_TRUE(located.complete);
      ASSERT_EQ(places(located), std::vector<Index>{at});
      of.result().set(at, right);
    } while (advance(at, of.result().extents));
  }
}

TEST(ExactProjection, SeesErrorsOfEveryPowerOfTwo) {
  for (const Finished& of : all_small()) {
    const ExactProjection projection = of.projection(0x1p53);
    Index at(of.result().rank(), 0);
    for (std::size_t axis = 0; axis < at.size(); ++axis) at[axis] = of.result().extents[axis] - 1;
    const double right = of.result().at(at);
    for (int power = 0; power < 53; ++power) {
      for (const double sign : {1.0, -1.0}) {
        const double wrong = right + sign * std::ldexp(1.0, power);
        of.result().set(at, wrong);
        const ProjectionCheck check = projection.check(of.result());
        ASSERT_FALSE(check.matches()) << power;
        ASSERT_EQ(check.representable, std::abs(wrong) <= 0x1p53) << power;
      }
    }
    of.result().set(at, right);
  }
}

TEST(ExactProjection, FindsPairsThatCancel) {
  for (const Finished& of : all_small()) {
    const ExactProjection projection = of.projection();
    const Shape& extents = of.result().extents;
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
      if (extents[axis] < 2) continue;
      for (const double error : {1.0, 2.0, 1024.0}) {
        Index first(extents.size(), 0), second(extents.size(), 0);
        second[axis] = extents[axis] - 1;
        add(of.result(), first, error);
        add(of.result(), second, -error);
        EXPECT_FALSE(projection.check(of.result()).matches());
        const Located located = projection.locate(of.result());
        EXPECT_TRUE(located.complete);
        EXPECT_EQ(places(located), (std::vector<Index>{first, second}));
        add(of.result(), first, -error);
        add(of.result(), second, error);
      }
    }
  }
}

// Errors ((1, -1), (-1, 1)) in two images and two channels: no row and no column has a sum.
TEST(ExactProjection, FindsFourThatCancelBothWays) {
  const Finished of(small_problem(Direction::Forward));
  const ExactProjection projection = of.projection();
  const std::vector<Index> wrong{{0, 1, 2, 3}, {0, 2, 2, 3}, {2, 1, 2, 3}, {2, 2, 2, 3}};
  for (std::size_t i = 0; i < 4; ++i) add(of.result(), wrong[i], i == 0 || i == 3 ? 1 : -1);
  EXPECT_EQ(places(projection.locate(of.result())), wrong);
}

TEST(ExactProjection, SeesSwappedCoordinatesOfEveryAxis) {
  for (const Finished& of : all_small()) {
    const ExactProjection projection = of.projection();
    for (std::size_t axis = 0; axis < of.result().rank(); ++axis) {
      if (of.result().extents[axis] < 2) continue;
      const TensorView swapped = reversed(of.result(), axis);
      EXPECT_FALSE(projection.check(swapped).matches()) << axis;
      EXPECT_FALSE(projection.locate(swapped).wrong.empty()) << axis;
    }
  }
}

TEST(ExactProjection, AnElementThatIsNoPossibleResultIsAMismatch) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const Finished& of : all_small()) {
    const ExactProjection projection = of.projection(1000);
    for (const double value : {std::nan(""), kInfinity, -kInfinity, 0.5, -1e-300, 1001.0, -1e18,
                               1e300, 0x1p52 + 0.5, 0x1p-1074}) {
      Index at(of.result().rank(), 0);
      do {
        const double right = of.result().at(at);
        of.result().set(at, value);
        ASSERT_FALSE(projection.check(of.result()).representable) << value;
        of.result().set(at, right);
      } while (advance(at, of.result().extents));
      const double right = of.result().at(at);
      of.result().set(at, value);
      const Located located = projection.locate(of.result());
      EXPECT_TRUE(located.complete) << value;
      EXPECT_EQ(places(located), std::vector<Index>{at}) << value;
      of.result().set(at, right);
    }
  }
}

TEST(ExactProjection, ZeroMayBeNegative) {
  const Finished of(small_problem(Direction::Forward), DataType::F32, 0);
  Index at(4, 0);
  do of.result().set(at, -0.0);
  while (advance(at, of.result().extents));
  EXPECT_TRUE(of.projection().check(of.result()).matches());
}

TEST(ExactProjection, NothingToComputeMatches) {
  for (const Direction direction : kAllDirections) {
    for (int which = 0; which < 3; ++which) {
      for (const bool unshared : {false, true}) {
        ConvProblem problem = small_problem(direction, unshared);
        (which == 0 ? problem.batch : which == 1 ? problem.channels : problem.filters) = 0;
        const Finished of(problem);
        const ExactProjection projection = of.projection();
        EXPECT_TRUE(projection.check(of.result()).matches());
        EXPECT_TRUE(projection.locate(of.result()).complete);
        if (of.result().empty()) continue;
        const Index at(of.result().rank(), 0);
        of.result().set(at, 1);
        EXPECT_FALSE(projection.check(of.result()).matches());
        EXPECT_EQ(places(projection.locate(of.result())), std::vector<Index>{at});
      }
    }
  }
}

// Channels last, rows backwards, every second element of something larger.
TensorView odd_view(Tensor& owner, const Shape& shape, DataType type) {
  Shape memory;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis != 1) memory.push_back(shape[axis] * (axis == 2 ? 2 : 1));
  }
  memory.push_back(shape[1]);
  owner = Tensor(memory, type);
  Dims axes{0, static_cast<std::int64_t>(shape.size()) - 1};
  for (std::size_t axis = 1; axis + 1 < shape.size(); ++axis) {
    axes.push_back(static_cast<std::int64_t>(axis));
  }
  TensorView view = permuted(owner, axes);
  view.extents[2] = shape[2];
  view.strides[2] *= 2;
  return reversed(view, 3);
}

TEST(ExactProjection, TakesEveryTypeAndLayout) {
  for (const DataType type : kAllDataTypes) {
    for (const Finished& from : all_small()) {
      const Shape shapes[] = {from.problem.x_shape(), from.problem.w_shape(),
                              from.problem.y_shape()};
      Tensor owners[3];
      Operands operands{odd_view(owners[0], shapes[0], type), odd_view(owners[1], shapes[1], type),
                        odd_view(owners[2], shapes[2], type)};
      copy(from.x, operands.x);
      copy(from.w, operands.w);
      copy(from.y, operands.y);
      const TensorView& result = operands.result(from.problem.direction);
      const ExactProjection projection(from.problem, operands, 2048, 3);
      // A grad_weights sum may be too long for bf16.
      const bool exact = significand_bits(type) >= 11 || from.problem.unshared;
      EXPECT_TRUE(!exact || projection.check(result).matches()) << to_string(type);
      const Index at(result.rank(), 0);
      result.set(at, result.at(at) == 1 ? 2 : 1);
      EXPECT_FALSE(projection.check(result).matches()) << to_string(type);
    }
  }
}

TEST(ExactProjection, NamesItsRoundsAndTheirProbability) {
  const Finished of(small_problem(Direction::Forward));
  EXPECT_EQ(of.projection(0x1p17 - 1).rounds(), 1);
  EXPECT_EQ(of.projection(0x1p24).rounds(), 2);
  EXPECT_EQ(of.projection(0x1p53).rounds(), 8);
  for (const double largest : {1.0, 1000.0, 0x1p17, 0x1p24, 0x1p40, 0x1p53}) {
    EXPECT_LT(of.projection(largest).miss_probability(), 0x1p-40) << largest;
    EXPECT_TRUE(of.projection(largest + 0).check(of.result()).mismatching == 0) << largest;
  }
  EXPECT_EQ(miss_probability(1), 63 * 0x1p-62);
  EXPECT_EQ(miss_probability(0), 0);
}

TEST(ExactProjection, RefusesWhatIsNoInteger) {
  const Finished of(small_problem(Direction::Forward));
  EXPECT_THROW(of.projection(-1), ConvError);
  EXPECT_THROW(of.projection(0x1p54), ConvError);
  EXPECT_THROW(of.projection(std::nan("")), ConvError);
  of.operands.x.set(Index(4, 0), 0.25);
  EXPECT_THROW(of.projection(), ConvError);
  of.operands.x.set(Index(4, 0), 0x1p53);
  EXPECT_NO_THROW(of.projection());
}

TEST(Locating, SaysTooManyWithTheFirstAndTheLast) {
  for (const Finished& of : all_small()) {
    const ExactProjection projection = of.projection();
    Index at(of.result().rank(), 0), last(of.result().rank(), 0);
    do add(of.result(), at, 3);
    while (advance(at, of.result().extents));
    for (std::size_t axis = 0; axis < at.size(); ++axis) last[axis] = of.result().extents[axis] - 1;
    const Located located = projection.locate(of.result(), {.elements = 10});
    EXPECT_FALSE(located.complete);
    ASSERT_EQ(located.wrong.size(), 10u);
    EXPECT_EQ(located.wrong.front().at, at);
    EXPECT_EQ(located.mismatching, located.positions);
    const Located by_steps = projection.locate(of.result(), {.steps = 1});
    EXPECT_FALSE(by_steps.complete);
    ASSERT_GE(by_steps.wrong.size(), 2u);
    EXPECT_EQ(by_steps.wrong.front().at, at);
    EXPECT_EQ(by_steps.wrong.back().at, last);
    const Located all = projection.locate(of.result(), {.elements = 1 << 20});
    EXPECT_TRUE(all.complete);
    EXPECT_EQ(static_cast<std::int64_t>(all.wrong.size()), of.result().size());
  }
}

TEST(Locating, ManyThatAreNoNumbers) {
  for (const Finished& of : all_small()) {
    Index at(of.result().rank(), 0);
    do of.result().set(at, std::nan(""));
    while (advance(at, of.result().extents));
    const Located located = of.projection().locate(of.result(), {.elements = 10});
    EXPECT_FALSE(located.complete);
    EXPECT_EQ(located.wrong.size(), 10u);
    EXPECT_EQ(located.wrong.front().at, at);
  }
}

TEST(Locating, IsFastWhenEverythingIsWrong) {
  for (const Direction direction : kAllDirections) {
    ConvProblem problem;
    problem.direction = direction;
    problem.batch = 16;
    problem.channels = 64;
    problem.filters = 128;
    problem.windows[0] = problem.windows[1] = {56, 3, 1, 1, 1, 1};
    Tensor x(problem.x_shape()), w(problem.w_shape()), y(problem.y_shape());
    const Operands operands{x, w, y};
    for (Tensor* tensor : {&x, &w, &y}) std::fill_n(tensor->data<float>(), tensor->size(), 1.0f);
    const ExactProjection projection(problem, operands, 0x1p17, 1);
    const auto start = std::chrono::steady_clock::now();
    const Located located = projection.locate(operands.result(direction));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_FALSE(located.complete);
    EXPECT_GE(located.wrong.size(), 2u);
    EXPECT_LT(seconds.count(), 3);
  }
}

}  // namespace
}  // namespace convcheck
