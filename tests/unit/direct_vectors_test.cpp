// Backend direct where a vector is of something else than neighbouring positions: of channels, of
// images, or of outputs. With == on small integers, with every instruction set.

#ifndef CONVCHECK_HAVE_HIGHWAY

#include <gtest/gtest.h>

TEST(DirectVectors, AreRight) { GTEST_SKIP() << "direct was not built: Highway was not found"; }

#else

#include "fast/cpu/direct/direct.h"
#include "tests/unit/direct_call.h"

namespace convcheck {
namespace {

std::vector<Window> some_windows() {
  return {{.input = 7, .filter = 3, .stride = 1, .dilation = 1, .pad_before = 1, .pad_after = 1},
          {.input = 9, .filter = 2, .stride = 2, .dilation = 3, .pad_before = 0, .pad_after = 2},
          {.input = 4, .filter = 3, .stride = 3, .dilation = 2, .pad_before = 4, .pad_after = 3},
          {.input = 5, .filter = 1, .stride = 1, .dilation = 1, .pad_before = 0, .pad_after = 0},
          {.input = 12, .filter = 4, .stride = 1, .dilation = 1, .pad_before = 0, .pad_after = 1}};
}

// Every rank, with each window in turn along its last axis.
std::vector<ConvProblem> with_windows(const ConvProblem& base) {
  const std::vector<Window> windows = some_windows();
  std::vector<ConvProblem> problems;
  for (std::size_t rank = 1; rank <= 3; ++rank) {
    for (std::size_t first = 0; first < windows.size(); ++first) {
      ConvProblem problem = base;
      problem.rank = rank;
      problem.flip = first % 2 == 0;
      for (std::size_t axis = 0; axis < rank; ++axis) {
        problem.windows[axis] = windows[(first + rank - 1 - axis) % windows.size()];
      }
      problems.push_back(problem);
    }
  }
  return problems;
}

void expect_right(const ConvProblem& base) {
  for (ConvProblem problem : with_windows(base)) {
    for (const Direction direction : {Direction::Forward, Direction::GradInputs}) {
      problem.direction = direction;
      if (problem.unshared && direction == Direction::GradInputs) continue;
      for (const DataType type : {DataType::F32, DataType::F64, DataType::BF16}) {
        expect_reference(*direct_backend(), problem, {.type = type});
      }
    }
  }
}

void expect_the_same_bits(const ConvProblem& base) {
  for (const ConvProblem& problem : with_windows(base)) {
    const auto values = [&](int threads) {
      const CorrmmCall call(problem, {.numbers = Numbers::Reals, .threads = threads});
      call.run(*direct_backend());
      return call.values();
    };
    const std::vector<double> one = values(1);
    for (const int threads : {2, 3}) EXPECT_TRUE(one == values(threads)) << to_string(problem);
  }
}

// No whole vectors of channels, one and two outputs of each.
std::vector<ConvProblem> depthwise() {
  return {{.batch = 2, .channels = 35, .filters = 35, .groups = 35},
          {.batch = 9, .channels = 16, .filters = 16, .groups = 16},
          {.batch = 1, .channels = 19, .filters = 38, .groups = 19}};
}

// Whole, half and no whole vectors of images, and more than one tile of outputs.
std::vector<ConvProblem> many_images() {
  return {{.batch = 4, .channels = 2, .filters = 3, .unshared = true},
          {.batch = 8, .channels = 4, .filters = 18, .groups = 2, .unshared = true},
          {.batch = 37, .channels = 1, .filters = 9, .unshared = true}};
}

// One, two and more vectors of outputs, not all of them whole.
std::vector<ConvProblem> many_outputs() {
  return {{.batch = 2, .channels = 4, .filters = 28, .groups = 2},
          {.batch = 1, .channels = 16, .filters = 4},
          {.batch = 1, .channels = 2, .filters = 63}};
}

TEST(DirectVectors, OfChannelsGiveTheDefinition) {
  for_each_target([] {
    for (const ConvProblem& problem : depthwise()) expect_right(problem);
  });
}

TEST(DirectVectors, OfImagesGiveTheDefinition) {
  for_each_target([] {
    for (const ConvProblem& problem : many_images()) expect_right(problem);
  });
}

TEST(DirectVectors, OfOutputsGiveTheDefinition) {
  for_each_target([] {
    for (const ConvProblem& problem : many_outputs()) expect_right(problem);
  });
}

TEST(DirectVectors, AnyNumberOfThreadsGivesTheSameBits) {
  for (const ConvProblem& problem : depthwise()) expect_the_same_bits(problem);
  for (const ConvProblem& problem : many_images()) expect_the_same_bits(problem);
  for (const ConvProblem& problem : many_outputs()) expect_the_same_bits(problem);
}

// A plane cut into bands, whose rows are read by their neighbours, too.
TEST(DirectVectors, BandsOfADepthwisePlaneGiveTheDefinition) {
  ConvProblem problem{.batch = 1, .channels = 9, .filters = 9, .groups = 9};
  problem.windows[0] = {.input = 90, .filter = 3, .stride = 2, .pad_before = 1, .pad_after = 1};
  problem.windows[1] = {.input = 130, .filter = 5, .pad_before = 2, .pad_after = 2};
  for_each_target([&] { expect_reference(*direct_backend(), problem); });
}

}  // namespace
}  // namespace convcheck

#endif  // CONVCHECK_HAVE_HIGHWAY
