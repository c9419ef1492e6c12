#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "checker/projection/exact_projection.h"
#include "tests/unit/projection_finished.h"

namespace convcheck {
namespace {

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

}  // namespace
}  // namespace convcheck
