// Backend corrmm against the oracle, with == on small integers.

#include <algorithm>
#include <cmath>
#include <functional>

#include "fast/cpu/gemm.h"
#include "tests/unit/corrmm_call.h"

#ifndef CONVCHECK_HAVE_OPENBLAS

TEST(Corrmm, IsRight) { GTEST_SKIP() << "corrmm was not built: OpenBLAS was not found"; }

#else

namespace convcheck {
namespace {

// Every direction, both flips, shared and unshared.
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

// A block of a few elements, so that every loop over blocks runs several times.
BackendPtr tiny_blocks(std::size_t bytes = 24) { return corrmm_backend({.block_bytes = bytes}); }

TEST(Corrmm, IsTheDefinitionForEveryWindowOfOneAxis) {
  const BackendPtr backend = corrmm_backend();
  for (std::int64_t input = 1; input <= 6; ++input) {
    for (std::int64_t bits = 0; bits < 4 * 3 * 2 * 9; ++bits) {
      ConvProblem problem{.rank = 1, .batch = 2, .channels = 2, .filters = 2};
      problem.windows[0] = {.input = input,
                            .filter = 1 + bits % 4,
                            .stride = 1 + bits / 4 % 3,
                            .dilation = 1 + bits / 12 % 2,
                            .pad_before = bits / 24 % 3,
                            .pad_after = bits / 72};
      if (problem.windows[0].output() < 1) continue;
      for_each_kind(problem, [&](const ConvProblem& each) { expect_right(*backend, each); });
    }
  }
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

TEST(Corrmm, IsTheDefinitionInEveryRankAndType) {
  for (const ConvProblem& problem : problems_of_every_rank()) {
    for_each_kind(problem, [&](const ConvProblem& each) {
      expect_right(*corrmm_backend(), each, {.type = DataType::F32});
      expect_right(*corrmm_backend(), each, {.type = DataType::F64});
    });
  }
}

TEST(Corrmm, LayoutsDoNotMatterAndGapsStay) {
  for (const ConvProblem& problem : problems_of_every_rank()) {
    for_each_kind(problem, [&](const ConvProblem& each) {
      expect_right(*corrmm_backend(), each, {.layout = Layout::ChannelsLast});
      expect_right(*corrmm_backend(), each, {.type = DataType::F64, .layout = Layout::Scattered});
    });
  }
}

TEST(Corrmm, BlocksOfAFewElementsGiveTheSame) {
  for (const ConvProblem& problem : problems_of_every_rank()) {
    for_each_kind(problem, [&](const ConvProblem& each) {
      expect_right(*tiny_blocks(), each);
      expect_right(*tiny_blocks(4), each);
      expect_right(*tiny_blocks(80), each, {.layout = Layout::Scattered, .threads = 2});
    });
  }
}

// Pointwise, depthwise, few channels, images of many blocks and blocks of many images: enough
// products for several tasks.
std::vector<ConvProblem> problems_of_several_tasks() {
  std::vector<ConvProblem> problems;
  const auto add = [&](ConvProblem problem, std::vector<Window> windows) {
    problem.rank = windows.size();
    std::copy(windows.begin(), windows.end(), problem.windows.begin());
    problems.push_back(problem);
  };
  const Window three{.input = 12, .filter = 3, .pad_before = 1, .pad_after = 1};
  const Window odd{.input = 31, .filter = 3, .stride = 2, .dilation = 2, .pad_before = 3};
  const Window one{.input = 30, .filter = 1};
  add({.batch = 1, .channels = 70, .filters = 130}, {three, three});
  add({.batch = 9, .channels = 24, .filters = 70}, {{.input = 5, .filter = 3}, three});
  add({.batch = 2, .channels = 1, .filters = 64}, {odd, odd});
  add({.batch = 2, .channels = 66, .filters = 40, .groups = 2}, {one, one});
  add({.batch = 2, .channels = 96, .filters = 96, .groups = 96}, {odd, odd});
  add({.batch = 1, .channels = 1, .filters = 3},
      {{.input = 1}, {.input = 120001, .filter = 4, .stride = 3}});
  add({.batch = 1, .channels = 8, .filters = 16},
      {three, three, {.input = 9, .filter = 3, .stride = 2}});
  add({.batch = 3, .channels = 7, .filters = 5, .unshared = true}, {odd, odd});
  add({.batch = 8, .channels = 1, .filters = 512}, {{.input = 102, .filter = 3}});
  add({.batch = 2, .channels = 2, .filters = 8},
      {{.input = 90, .filter = 3}, {.input = 90, .filter = 3}});
  return problems;
}

// One element in `step`, and the last one.
void expect_right_samples(const ConvProblem& problem, const CorrmmCall& call, std::int64_t step) {
  const TensorView result = call.result();
  const Strides strides = contiguous_strides(result.extents);
  for (std::int64_t i = result.size() - 1; i >= 0; i -= step) {
    Index at;
    for (std::size_t axis = 0; axis < result.rank(); ++axis) {
      at.push_back(i / strides[axis] % result.extents[axis]);
    }
    ASSERT_EQ(result.at(at), result_at(problem, call.operands(), at).value)
        << to_string(problem) << " at " << to_string(at);
  }
}

TEST(Corrmm, ProblemsOfSeveralTasksAreRight) {
  for (ConvProblem problem : problems_of_several_tasks()) {
    for (const Direction direction : kAllDirections) {
      problem.direction = direction;
      const CorrmmCall call(problem, {.threads = 3});
      call.run(*corrmm_backend());
      expect_right_samples(problem, call, 97);
    }
  }
}

void expect_threads_do_not_matter(DataType type) {
  for (ConvProblem problem : problems_of_several_tasks()) {
    for (const Direction direction : kAllDirections) {
      problem.direction = direction;
      std::vector<std::vector<double> > results;
      for (int threads = 1; threads <= 4; ++threads) {
        const CorrmmCall call(problem,
                              {.type = type, .numbers = Numbers::Reals, .threads = threads});
        call.run(*corrmm_backend());
        results.push_back(call.values());
        ASSERT_EQ(results[0], results.back()) << to_string(problem) << " threads " << threads;
      }
    }
  }
}

TEST(Corrmm, EveryNumberOfThreadsGivesTheSameBits) {
  expect_threads_do_not_matter(DataType::F32);
  expect_threads_do_not_matter(DataType::F64);
}

TEST(Corrmm, WritesZerosWhereThereIsNothingToSum) {
  ConvProblem problem{.batch = 2, .channels = 2, .filters = 2};
  problem.windows[0] = problem.windows[1] = {.input = 4, .filter = 3, .pad_before = 1};
  for (std::int64_t ConvProblem::*extent :
       {&ConvProblem::batch, &ConvProblem::channels, &ConvProblem::filters}) {
    ConvProblem none = problem;
    none.*extent = 0;
    for_each_kind(none, [&](const ConvProblem& each) { expect_right(*corrmm_backend(), each); });
  }
  problem.windows[0] = {.input = 0, .filter = 3, .pad_before = 2, .pad_after = 2};
  for_each_kind(problem, [&](const ConvProblem& each) { expect_right(*corrmm_backend(), each); });
}

TEST(Corrmm, MultipliesPaddingAsItClaims) {
  ConvProblem problem{.rank = 1};
  problem.windows[0] = {.input = 2, .filter = 2, .pad_before = 1};
  const Tensor x({1, 1, 2}, {1, 2}), w({1, 1, 2}, {1, std::numeric_limits<double>::infinity()});
  problem.flip = false;
  const Tensor y = compute(*corrmm_backend(), problem, x, w, DataType::F32);
  EXPECT_TRUE(corrmm_backend()->claims().multiplies_padding);
  EXPECT_EQ(y.at({0, 0, 0}), std::numeric_limits<double>::infinity());
  problem.flip = true;
  EXPECT_TRUE(std::isnan(compute(*corrmm_backend(), problem, x, w, DataType::F32).at({0, 0, 0})));
}

TEST(Corrmm, RefusesOtherTypesWithTheReason) {
  ConvProblem problem{.rank = 1};
  const auto support = [&](DataType x, DataType w, DataType y) {
    const Tensor a({1, 1, 1}, x), b({1, 1, 1}, w), c({1, 1, 1}, y);
    return corrmm_backend()->supports(problem, {a, b, c});
  };
  EXPECT_TRUE(support(DataType::F32, DataType::F32, DataType::F32));
  EXPECT_TRUE(support(DataType::F64, DataType::F64, DataType::F64));
  EXPECT_EQ(support(DataType::F32, DataType::F64, DataType::F32).reason,
            "types f32 and f64, needs one type");
  EXPECT_EQ(support(DataType::F16, DataType::F16, DataType::F16).reason,
            "type f16, needs f32 or f64");
}

TEST(Corrmm, BlasAddressesOnlyWhatItsIntegersReach) {
  constexpr std::int64_t kFar = std::int64_t{1} << 31;
  float* const data = nullptr;
  EXPECT_TRUE(cpu::blas_block(data, 2, 3, kFar - 1, 1));
  EXPECT_TRUE(cpu::blas_block(data, 2, 3, 1, kFar - 1));
  EXPECT_FALSE(cpu::blas_block(data, 2, 3, kFar, 1));
  EXPECT_FALSE(cpu::blas_block(data, 2, 3, 1, kFar));
  EXPECT_FALSE(cpu::blas_block(data, 2, 3, 2, 1)) << "rows overlap";
  EXPECT_FALSE(cpu::blas_block(data, 2, 3, -3, 1));
  EXPECT_FALSE(cpu::blas_block(data, 2, 3, 6, 2)) << "neither stride is 1";
}

TEST(Corrmm, AWorkspaceOfAHugeImageStaysWithinItsLimit) {
  constexpr std::int64_t kMany = std::int64_t{1} << 40;
  ConvProblem problem{.rank = 3, .batch = 64, .channels = 512, .filters = 512};
  for (Window& window : problem.axes()) window = {.input = 512, .filter = 5, .pad_before = 2};
  const auto view = [](const Shape& shape) {
    return TensorView{nullptr, DataType::F32, shape, contiguous_strides(shape)};
  };
  for (const Direction direction : kAllDirections) {
    problem.direction = direction;
    const Operands operands{view(problem.x_shape()), view(problem.w_shape()),
                            view(problem.y_shape())};
    ASSERT_GT(operands.x.size(), kMany);
    const CorrmmOptions options{.workspace_limit = std::size_t{40} << 20};
    for (const int threads : {1, 2, 1000}) {
      const RunContext context{.threads = threads};
      const std::size_t bytes =
          corrmm_backend(options)->workspace_bytes(problem, operands, context);
      EXPECT_LE(bytes, options.workspace_limit);
      EXPECT_LE(bytes, threads * (5 * options.block_bytes + 192));
    }
  }
}

TEST(Corrmm, RefusesElementsAtOddAddresses) {
  const ConvProblem problem = make_problem(Direction::Forward, {1, 1, 4}, {1, 1, 2}, {});
  for (const DataType type : {DataType::F32, DataType::F64}) {
    const Tensor x(Shape{1, 1, 5}, type), w(Shape{1, 1, 2}, type), y(Shape{1, 1, 3}, type);
    Operands operands{x, w, y};
    operands.x.extents[2] = 4;
    EXPECT_TRUE(corrmm_backend()->supports(problem, operands));
    operands.x.data = static_cast<std::byte*>(operands.x.data) + size_of(type) / 2;
    const Support support = corrmm_backend()->supports(problem, operands);
    EXPECT_FALSE(support);
    EXPECT_EQ(support.reason, "data at no multiple of " + std::to_string(size_of(type)) +
                                  " bytes, the size of an element");
    operands.x.data = nullptr;
    EXPECT_TRUE(corrmm_backend()->supports(problem, operands));
  }
}

}  // namespace
}  // namespace convcheck

#endif  // CONVCHECK_HAVE_OPENBLAS
