// Backend winograd against the reference: the same integers once rounded, and real data within the
// derived bound, with every instruction set.

#ifndef CONVCHECK_HAVE_HIGHWAY

#include <gtest/gtest.h>

TEST(Winograd, IsRight) { GTEST_SKIP() << "winograd was not built: Highway was not found"; }

#else

#include <cmath>

#include "fast/cpu/winograd/winograd.h"
#include "tests/unit/direct_call.h"

namespace convcheck {
namespace {

ConvProblem problem_of(std::int64_t rows, std::int64_t columns) {
  ConvProblem problem{.batch = 2, .channels = 3, .filters = 5};
  problem.windows[0] = {.input = rows, .filter = 3, .pad_before = 1, .pad_after = 1};
  problem.windows[1] = {.input = columns, .filter = 3, .pad_before = 0, .pad_after = 2};
  return problem;
}

// Both directions, flips and tiles.
void for_each_kind(ConvProblem problem,
                   const std::function<void(const ConvProblem&, int tile)>& visit) {
  for (const Direction direction : {Direction::Forward, Direction::GradInputs}) {
    for (const bool flip : {true, false}) {
      for (const int tile : {2, 4}) {
        problem.direction = direction;
        problem.flip = flip;
        visit(problem, tile);
      }
    }
  }
}

// The largest error of a call.
double largest_error(const CorrmmCall& call, const ConvProblem& problem) {
  double largest = 0;
  const Operands operands = call.operands();
  const TensorView result = call.result();
  if (result.empty()) return 0;
  Index at(result.rank(), 0);
  do {
    const double right = result_at(problem, operands, at).value;
    const double error = std::abs(result.at(at) - right);
    if (!(error <= largest)) largest = error;  // NaN counts
  } while (advance(at, result.extents));
  return largest;
}

void expect_right_integers(const ConvProblem& problem, const CallOptions& options = {}) {
  for_each_kind(problem, [&](const ConvProblem& each, int tile) {
    const CorrmmCall call(each, options);
    call.run(*winograd_backend({.tile = tile}));
    EXPECT_LT(largest_error(call, each), 0.5) << to_string(each) << " tile " << tile;
    EXPECT_EQ(call.written_gaps(), 0) << to_string(each);
  });
}

TEST(Winograd, RoundsToTheDefinitionForEveryExtent) {
  for_each_target([] {
    for (std::int64_t extent = 3; extent <= 20; ++extent) {
      expect_right_integers(problem_of(extent, 7));
      expect_right_integers(problem_of(5, extent));
    }
    expect_right_integers(problem_of(3, 70));
  });
}

TEST(Winograd, RoundsToTheDefinitionForChannelsGroupsAndLayouts) {
  for_each_target([] {
    for (const std::int64_t count : {1, 2, 7, 8, 33}) {
      ConvProblem problem = problem_of(6, 9);
      problem.channels = count;
      expect_right_integers(problem);
      std::swap(problem.channels, problem.filters);
      expect_right_integers(problem);
      problem.groups = problem.filters = problem.channels = count;
      expect_right_integers(problem);
    }
    for (const Layout layout : {Layout::ChannelsLast, Layout::Scattered}) {
      expect_right_integers(problem_of(6, 9), {.layout = layout});
    }
  });
}

// More filters than tiles: the inputs are transformed first. Sums of more channels than are
// multiplied at a time.
TEST(Winograd, RoundsToTheDefinitionWhereInputsAreKept) {
  for_each_target([] {
    ConvProblem problem = problem_of(3, 5);
    problem.batch = 1;
    problem.channels = 200;
    problem.filters = 70;
    expect_right_integers(problem);
  });
}

TEST(Winograd, PadsMayBeAnything) {
  for (const std::int64_t before : {0, 1, 4}) {
    for (const std::int64_t after : {0, 3}) {
      ConvProblem problem = problem_of(4, 9);
      problem.windows[0].pad_before = before;
      problem.windows[1].pad_after = after;
      expect_right_integers(problem);
    }
  }
}

// Operands of the test lie between -0.5 and 0.5.
TEST(Winograd, ErrorsStayBelowTheDerivedBound) {
  for_each_target([] {
    ConvProblem problem = problem_of(13, 18);
    problem.channels = 16;
    for_each_kind(problem, [&](const ConvProblem& each, int tile) {
      const CorrmmCall call(each, {.numbers = Numbers::Reals});
      call.run(*winograd_backend({.tile = tile}));
      const std::int64_t summed =
          each.direction == Direction::Forward ? each.channels : each.filters;
      EXPECT_LE(largest_error(call, each), winograd_error_bound(tile, summed, 0.5, 0.5));
    });
  });
}

TEST(Winograd, ASumOfNothingIsZero) {
  for (std::int64_t ConvProblem::*extent :
       {&ConvProblem::batch, &ConvProblem::channels, &ConvProblem::filters}) {
    ConvProblem none = problem_of(4, 5);
    none.*extent = 0;
    expect_right_integers(none);
  }
}

TEST(Winograd, AnyNumberOfThreadsGivesTheSameBits) {
  ConvProblem few = problem_of(40, 50), many = problem_of(9, 18);
  few.filters = 70;
  many.channels = many.filters = 200;
  for (const ConvProblem& problem : {few, many}) {
    for_each_kind(problem, [&](const ConvProblem& each, int tile) {
      const auto values = [&](int threads) {
        const CorrmmCall call(each, {.numbers = Numbers::Reals, .threads = threads});
        call.run(*winograd_backend({.tile = tile}));
        return call.values();
      };
      const std::vector<double> one = values(1);
      for (const int threads : {2, 3, 7}) EXPECT_TRUE(one == values(threads)) << to_string(each);
    });
  }
}

TEST(Winograd, RefusesWhatItDoesNotComputeWithTheReason) {
  const auto reason = [](const ConvProblem& problem, DataType type = DataType::F32) {
    const Tensor x(problem.x_shape(), type), w(problem.w_shape(), type), y(problem.y_shape(), type);
    return winograd_backend()->supports(problem, {x, w, y}).reason;
  };
  ConvProblem problem = problem_of(9, 9);
  EXPECT_EQ(reason(problem), "");
  EXPECT_EQ(reason(problem, DataType::F64), "type f64, needs f32");
  problem.windows[0].filter = 5;
  EXPECT_EQ(reason(problem), "filter extent 5, needs 3");
  problem = problem_of(9, 9);
  problem.windows[1].stride = 2;
  EXPECT_EQ(reason(problem), "stride 2, needs 1");
  problem = problem_of(9, 9);
  problem.windows[1].dilation = 2;
  EXPECT_EQ(reason(problem), "dilation 2, needs 1");
  EXPECT_EQ(reason(problem_of(9, 2)), "extent 2 is read, needs 3");
  problem = problem_of(9, 9);
  problem.channels = 513;
  EXPECT_EQ(reason(problem), "sums of 513 channels, at most 512");
  problem = problem_of(9, 9);
  problem.direction = Direction::GradWeights;
  EXPECT_EQ(reason(problem), "gradient of the weights");
}

}  // namespace
}  // namespace convcheck

#endif  // CONVCHECK_HAVE_HIGHWAY
