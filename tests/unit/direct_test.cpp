// Backend direct against the reference, with == on small integers, with every instruction set.

#ifndef CONVCHECK_HAVE_HIGHWAY

#include <gtest/gtest.h>

TEST(Direct, IsRight) { GTEST_SKIP() << "direct was not built: Highway was not found"; }

#else

#include "fast/cpu/direct/direct.h"
#include "tests/unit/direct_call.h"

namespace convcheck {
namespace {

// Every direction and both flips, shared and unshared.
void for_each_kind(ConvProblem problem, const std::function<void(const ConvProblem&)>& visit) {
  for (const Direction direction : kAllDirections) {
    for (const bool flip : {true, false}) {
      for (const bool unshared : {false, true}) {
        problem.direction = direction;
        problem.flip = flip;
        problem.unshared = unshared;
        visit(problem);
      }
    }
  }
}

bool is_short(DataType type) { return significand_bits(type) < 24; }

void expect_right_kinds(const ConvProblem& problem, const CallOptions& options = {}) {
  for_each_kind(problem, [&](const ConvProblem& each) {
    if (each.unshared && each.direction == Direction::GradInputs && is_short(options.type)) return;
    expect_reference(*direct_backend(), each, options);
  });
}

TEST(Direct, IsTheDefinitionForEveryWindowOfOneAxis) {
  for_each_target([] {
    for (std::int64_t input = 1; input <= 6; ++input) {
      for (std::int64_t bits = 0; bits < 4 * 3 * 3 * 9; ++bits) {
        ConvProblem problem{.rank = 1, .batch = 2, .channels = 2, .filters = 2};
        problem.windows[0] = {.input = input,
                              .filter = 1 + bits % 4,
                              .stride = 1 + bits / 4 % 3,
                              .dilation = 1 + bits / 12 % 3,
                              .pad_before = bits / 36 % 3,
                              .pad_after = bits / 108};
        if (problem.windows[0].output() >= 1) expect_right_kinds(problem);
      }
    }
  });
}

std::vector<ConvProblem> problems_of_every_rank() {
  const std::vector<Window> windows{
      {.input = 5, .filter = 3, .stride = 1, .dilation = 1, .pad_before = 1, .pad_after = 1},
      {.input = 6, .filter = 2, .stride = 2, .dilation = 3, .pad_before = 0, .pad_after = 2},
      {.input = 4, .filter = 3, .stride = 3, .dilation = 2, .pad_before = 4, .pad_after = 3},
      {.input = 1, .filter = 1, .stride = 1, .dilation = 1, .pad_before = 0, .pad_after = 0},
      {.input = 3, .filter = 1, .stride = 1, .dilation = 1, .pad_before = 0, .pad_after = 0}};
  std::vector<ConvProblem> problems;
  for (std::size_t rank = 1; rank <= 3; ++rank) {
    for (std::size_t first = 0; first < windows.size(); ++first) {
      for (const std::int64_t groups : {1, 2}) {
        ConvProblem problem{
            .rank = rank, .batch = 3, .channels = 4, .filters = 6, .groups = groups};
        for (std::size_t axis = 0; axis < rank; ++axis) {
          problem.windows[axis] = windows[(first + axis) % windows.size()];
        }
        if (rank == 3) problem.channels = problem.filters = groups;
        problems.push_back(problem);
      }
    }
  }
  return problems;
}

TEST(Direct, IsTheDefinitionInEveryRankTypeAndLayout) {
  for_each_target([] {
    for (const ConvProblem& problem : problems_of_every_rank()) {
      for (const DataType type : kAllDataTypes) expect_right_kinds(problem, {.type = type});
      for (const Layout layout : {Layout::ChannelsLast, Layout::Scattered}) {
        expect_right_kinds(problem, {.layout = layout});
        expect_right_kinds(problem, {.type = DataType::F64, .layout = layout});
      }
      expect_right_kinds(problem, {.type = DataType::BF16, .layout = Layout::ChannelsLast});
    }
  });
}

// Whole and broken tiles of filters, rows and positions.
TEST(Direct, IsTheDefinitionForEveryRemainderOfExtents) {
  for_each_target([] {
    for (std::int64_t extent = 1; extent <= 33; ++extent) {
      ConvProblem problem{.rank = 1, .batch = 1, .channels = 1, .filters = 1};
      problem.windows[0] = {.input = 7, .filter = 2, .pad_before = 1};
      const auto with = [&](std::int64_t ConvProblem::*member) {
        ConvProblem each = problem;
        each.*member = extent;
        expect_right_kinds(each);
        expect_right_kinds(each, {.type = DataType::F64});
      };
      with(&ConvProblem::batch);
      with(&ConvProblem::channels);
      with(&ConvProblem::filters);
      problem.filters = 3;
      problem.windows[0] = {.input = extent, .filter = 3, .pad_before = 2, .pad_after = 1};
      expect_right_kinds(problem);
      expect_right_kinds(problem, {.type = DataType::F16});
    }
  });
}

// More rows, outputs and positions than are taken at a time.
TEST(Direct, IsTheDefinitionWhereThereAreManyBlocks) {
  for_each_target([] {
    ConvProblem problem{.rank = 1, .batch = 1, .channels = 140, .filters = 270};
    problem.windows[0] = {.input = 3, .filter = 2, .pad_before = 1};
    expect_right_kinds(problem);
    problem = {.rank = 2, .batch = 3, .channels = 9, .filters = 10};
    problem.windows[0] = problem.windows[1] = {.input = 20, .filter = 3, .pad_before = 1};
    expect_right_kinds(problem);
    problem = {.rank = 2, .batch = 3, .channels = 130, .filters = 10};
    problem.windows[0] = problem.windows[1] = {.input = 11};
    expect_right_kinds(problem);
  });
}

// What the layers of networks look like: each goes another way through the kernels.
std::vector<ConvProblem> small_layers() {
  const auto layer = [](std::size_t rank, std::int64_t channels, std::int64_t filters,
                        std::int64_t groups, const Window& window) {
    ConvProblem problem{
        .rank = rank, .batch = 2, .channels = channels, .filters = filters, .groups = groups};
    for (Window& each : problem.axes()) each = window;
    return problem;
  };
  const Window same{.input = 21, .filter = 3, .pad_before = 1, .pad_after = 1};
  return {
      layer(2, 3, 5, 1, {.input = 21}),  // 1x1, many positions
      layer(2, 3, 16, 1, {.input = 30, .filter = 7, .stride = 2, .pad_before = 3, .pad_after = 3}),
      layer(2, 6, 6, 6, same),                        // depthwise
      layer(2, 4, 8, 4, same),                        // two filters for each channel
      layer(2, 8, 12, 2, same),                       // grouped
      layer(2, 1, 6, 1, {.input = 28, .filter = 5}),  // one channel
      layer(3, 1, 8, 1, {.input = 9, .filter = 3, .pad_before = 1, .pad_after = 1}),
      layer(1, 6, 9, 1, {.input = 900, .filter = 2, .dilation = 16, .pad_before = 16}),
  };
}

TEST(Direct, IsTheDefinitionForLayersOfNetworks) {
  for_each_target([] {
    for (ConvProblem problem : small_layers()) {
      for (const Direction direction : kAllDirections) {
        problem.direction = direction;
        for (const DataType type : {DataType::F32, DataType::F64, DataType::F16}) {
          expect_reference(*direct_backend(), problem, {.type = type});
        }
      }
    }
  });
}

// Many positions along the last axis are read where they are, but not for the taps of another axis.
TEST(Direct, IsTheDefinitionForFiltersAsLargeAsTheInputOnAllButALongAxis) {
  for_each_target([] {
    ConvProblem problem{.direction = Direction::GradWeights, .rank = 3, .batch = 3, .channels = 2};
    problem.windows[0] = {.input = 3, .filter = 2, .stride = 3};
    problem.windows[1] = {.input = 3, .filter = 3};
    problem.windows[2] = {.input = 2000};
    for (const DataType type : {DataType::F32, DataType::F64}) {
      expect_reference(*direct_backend(), problem, {.type = type});
    }
  });
}

// Columns are gathered for all tasks at once, and each task packs its filters where no other has
// them; in two blocks of channels.
TEST(Direct, IsTheDefinitionWhereManyFiltersMeetFewPositions) {
  ConvProblem few{.batch = 1, .channels = 40, .filters = 256};
  few.windows[0] = few.windows[1] = {.input = 5, .filter = 5, .pad_before = 2, .pad_after = 2};
  ConvProblem more{.batch = 1, .channels = 20, .filters = 512};
  more.windows[0] = more.windows[1] = {.input = 16};
  for_each_target([&] {
    for (const DataType type : {DataType::F32, DataType::F64, DataType::BF16}) {
      for (const ConvProblem& problem : {few, more}) {
        expect_reference(*direct_backend(), problem, {.type = type});
        // Columns that there is no room for.
        expect_reference(*direct_backend({.workspace_limit = 1}), problem, {.type = type});
      }
    }
  });
}

TEST(Direct, RunsInRoundsWhereFiltersDoNotFit) {
  ConvProblem problem{.rank = 2, .batch = 1, .channels = 6, .filters = 40, .groups = 2};
  problem.windows[0] = problem.windows[1] = {.input = 5, .filter = 2, .stride = 2};
  for (const std::size_t bytes : {1, 1000, 3000, 10000}) {
    for_each_kind(problem, [&](const ConvProblem& each) {
      expect_reference(*direct_backend({.filter_bytes = bytes}), each);
    });
  }
}

TEST(Direct, ASumOfNothingIsZero) {
  ConvProblem problem{.batch = 2, .channels = 2, .filters = 2};
  problem.windows[0] = problem.windows[1] = {.input = 4, .filter = 3, .pad_before = 1};
  for (std::int64_t ConvProblem::*extent :
       {&ConvProblem::batch, &ConvProblem::channels, &ConvProblem::filters}) {
    ConvProblem none = problem;
    none.*extent = 0;
    expect_right_kinds(none);
  }
  problem.windows[0] = {.input = 0, .filter = 3, .pad_before = 2, .pad_after = 2};
  expect_right_kinds(problem);
  problem.windows[0] = {.input = 9, .filter = 1, .stride = 4};
  expect_right_kinds(problem);
}

TEST(Direct, AnyNumberOfThreadsGivesTheSameBits) {
  for (const std::int64_t groups : {1, 8}) {
    ConvProblem problem{.batch = 3, .channels = 16, .filters = 24, .groups = groups};
    problem.windows[0] = problem.windows[1] = {.input = 40, .filter = 3, .stride = 2};
    for_each_kind(problem, [&](const ConvProblem& each) {
      const auto values = [&](int threads) {
        const CorrmmCall call(each, {.numbers = Numbers::Reals, .threads = threads});
        call.run(*direct_backend());
        return call.values();
      };
      const std::vector<double> one = values(1);
      for (const int threads : {2, 3, 7}) {
        EXPECT_TRUE(one == values(threads)) << to_string(each) << ", threads " << threads;
      }
    });
  }
}

TEST(Direct, RefusesWhatItDoesNotComputeWithTheReason) {
  ConvProblem problem{.rank = 1};
  const auto support = [&](DataType x, DataType w, DataType y) {
    const Tensor a({1, 1, 1}, x), b({1, 1, 1}, w), c({1, 1, 1}, y);
    return direct_backend()->supports(problem, {a, b, c});
  };
  for (const DataType type : kAllDataTypes) EXPECT_TRUE(support(type, type, type));
  EXPECT_EQ(support(DataType::F32, DataType::F64, DataType::F32).reason,
            "types f32 and f64, needs one type");
}

TEST(Direct, AWorkspaceOfAHugeProblemStaysWithinItsLimit) {
  ConvProblem problem{.rank = 3, .batch = 64, .channels = 5120, .filters = 5120};
  for (Window& window : problem.axes()) window = {.input = 512, .filter = 5, .pad_before = 2};
  const auto view = [](const Shape& shape) {
    return TensorView{nullptr, DataType::F32, shape, contiguous_strides(shape)};
  };
  for (const Direction direction : kAllDirections) {
    problem.direction = direction;
    const Operands operands{view(problem.x_shape()), view(problem.w_shape()),
                            view(problem.y_shape())};
    const DirectOptions options{.filter_bytes = std::size_t{10} << 20,
                                .workspace_limit = std::size_t{40} << 20};
    for (const int threads : {1, 2, 1000}) {
      const RunContext context{.threads = threads};
      EXPECT_LE(direct_backend(options)->workspace_bytes(problem, operands, context),
                options.workspace_limit);
    }
  }
}

}  // namespace
}  // namespace convcheck

#endif  // CONVCHECK_HAVE_HIGHWAY
