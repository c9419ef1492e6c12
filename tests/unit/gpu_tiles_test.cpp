// gpu_direct's tiles on the host: what the threads of a block do, with the kernels' own code, phase
// by phase and thread by thread, against the definition's loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "fast/cuda/make_plan.h"
#include "reference/loops.h"
#include "tests/unit/gpu_on_host.h"
#include "tests/unit/gpu_tiles_on_host.h"

namespace convcheck {
namespace {

// A tile's elements are each loaded by one thread, and each sum is one thread's.
TEST(GpuDirectIndex, ThreadsShareOutATile) {
  using gpu::Kernel;
  for (const Kernel kernel : {Kernel::Single, Kernel::SingleThin, Kernel::Double, Kernel::Half,
                              Kernel::HalfNarrow, Kernel::Tf32}) {
    const gpu::Tile tile = tile_of(kernel);
    for (const bool along_k : {false, true}) {
      for (const int rows : {tile.m, tile.n}) {
        std::set<std::pair<int, int>> loaded;
        for (int thread = 0; thread < tile.threads; ++thread) {
          const gpu::Loads loads = gpu::loads_of(tile, along_k, rows, thread);
          for (int i = 0; i < rows * tile.k / tile.threads; ++i) {
            loaded.emplace(loads.row + i * loads.row_step, loads.k + i * loads.k_step);
          }
        }
        EXPECT_EQ(loaded.size(), static_cast<std::size_t>(rows * tile.k));
        EXPECT_EQ(*loaded.rbegin(), std::pair(rows - 1, tile.k - 1));
        EXPECT_EQ(*loaded.begin(), std::pair(0, 0));
      }
    }
    if (tile.row_part == 0) continue;
    const int columns = tile.n / tile.column_part;
    std::set<std::pair<int, int>> sums;
    for (int thread = 0; thread < tile.threads; ++thread) {
      for (int i = 0; i < tile.row_part; ++i) {
        for (int j = 0; j < tile.column_part; ++j) {
          sums.emplace(gpu::own_row(i, tile.row_part, tile.m, thread / columns),
                       gpu::own_row(j, tile.column_part, tile.n, thread % columns));
        }
      }
    }
    EXPECT_EQ(sums.size(), static_cast<std::size_t>(tile.m * tile.n));
    EXPECT_EQ(*sums.rbegin(), std::pair(tile.m - 1, tile.n - 1));
  }
}

// Calls block(plan, number, a, b, c, partial) for all blocks of the grid, and adds the splits up.
template <class Number, class Block>
void expect_right_by_blocks(const ConvProblem& problem, gpu::Kernel kernel, std::int64_t splits,
                            const Block& block) {
  const DataType type = sizeof(Number) == 8 ? DataType::F64 : DataType::F32;
  const auto made = [&](const Shape& shape, std::uint64_t seed) {
    Tensor tensor(shape, DataType::F64);
    gpu::fill(tensor, seed);
    return Tensor::copy_of(tensor, type);
  };
  const Tensor x = made(problem.x_shape(), 1), w = made(problem.w_shape(), 2);
  const Tensor y = made(problem.y_shape(), 3);
  const Operands operands{x, w, y};
  compute_by_loops(problem, operands);
  const TensorView& result = operands.result(problem.direction);
  const std::vector<double> expected = Tensor::copy_of(result).values();
  const gpu::Plan plan = gpu::make_plan(
      problem, operands,
      {.blocks = splits * 4, .least_depth = 1, .by_bits = splits > 1, .tile = tile_of(kernel)});
  std::vector<Number> partial(static_cast<std::size_t>(plan.partial_sums()), Number(-77));
  const auto data = [](const TensorView& view) { return view.as<Number>(); };
  const bool weights = problem.direction == Direction::GradWeights;
  const Number* const a = data(weights ? y : w);
  const Number* const b = data(problem.direction == Direction::GradInputs ? y : x);
  Number* const c = data(result);
  std::fill(c, c + result.size(), Number(99));
  for (std::int64_t number = plan.blocks(); number-- > 0;) {
    block(plan, number, a, b, c, partial.data());
  }
  for (std::int64_t number = 0; plan.splits > 1 && number < plan.products; ++number) {
    const gpu::Product of = product_of(plan.conv, number);
    for (std::int64_t m = 0; m < of.m; ++m) {
      for (std::int64_t n = 0; n < of.n; ++n) {
        Number sum = 0;
        for (std::int64_t split = 0; split < plan.splits; ++split) {
          sum += partial[static_cast<std::size_t>(plan.partial_sum(split, number, m, n))];
        }
        c[place_in_c(of, m, column_side(plan.conv, of, n))] = sum;
      }
    }
  }
  EXPECT_EQ(Tensor::copy_of(result).values(), expected)
      << to_string(problem) << " kernel " << static_cast<int>(kernel) << " splits " << plan.splits;
}

// More than a tile of rows, columns and summed numbers, more than kSides of them, and fewer of
// each.
std::vector<ConvProblem> problems_of_several_tiles() {
  std::vector<ConvProblem> problems;
  for (const Direction direction : kAllDirections) {
    const auto add = [&](const Shape& x, const Shape& w, const ConvParameters& parameters) {
      problems.push_back(make_problem(direction, x, w, parameters));
    };
    add({1, 66, 6, 5}, {130, 66, 2, 3}, {.border_mode = half});
    add({2, 8, 17, 9}, {12, 2, 3, 2},
        {.border_mode = {{{1, 2}, {0, 1}}}, .subsample = {2, 1}, .num_groups = 4});
    add({2, 5, 3, 2}, {7, 2, 2, 5, 2, 1}, {.filter_flip = false, .unshared = true});
  }
  return problems;
}

TEST(GpuDirectIndex, TheThreadsOfABlockComputeItsTile) {
  using gpu::Kernel;
  for (const ConvProblem& problem : problems_of_several_tiles()) {
    for (const std::int64_t splits : {1, 3}) {
      if (gpu::kSanitized && splits == 1) continue;
      expect_right_by_blocks<float>(problem, Kernel::Single, splits, [](const auto&... of) {
        gpu::plain_block_on_host<float, Kernel::Single>(of...);
      });
      expect_right_by_blocks<float>(problem, Kernel::SingleThin, splits, [](const auto&... of) {
        gpu::plain_block_on_host<float, Kernel::SingleThin>(of...);
      });
      expect_right_by_blocks<double>(problem, Kernel::Double, splits, [](const auto&... of) {
        gpu::plain_block_on_host<double, Kernel::Double>(of...);
      });
      expect_right_by_blocks<float>(problem, Kernel::Tf32, splits, [](const auto&... of) {
        gpu::staged_block_on_host<float, Kernel::Tf32>(of...);
      });
      expect_right_by_blocks<float>(problem, Kernel::HalfNarrow, splits, [](const auto&... of) {
        gpu::staged_block_on_host<float, Kernel::HalfNarrow>(of...);
      });
    }
  }
}

// The short kernels on numbers that are their own bits: small integers, in sums below 2^16.
void expect_right_in_bits(const ConvProblem& problem, bool eights) {
  const auto made = [](const Shape& shape, std::int64_t step) {
    Tensor tensor(shape, DataType::F32);
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      tensor.data<float>()[i] = static_cast<float>(i * step % 5);
    }
    return tensor;
  };
  const Tensor x = made(problem.x_shape(), 3), w = made(problem.w_shape(), 7);
  const Tensor y = made(problem.y_shape(), 11);
  // As 16-byte vectors, which are aligned.
  const auto bits_of = [](const Tensor& tensor) {
    std::vector<gpu::Eight> bits(static_cast<std::size_t>(tensor.size() / 8 + 1));
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      bits[static_cast<std::size_t>(i / 8)].of[i % 8] =
          static_cast<gpu::ShortBits>(tensor.data<float>()[i]);
    }
    return bits;
  };
  std::vector<gpu::Eight> in_x = bits_of(x), in_w = bits_of(w), in_y = bits_of(y);
  const auto view = [](const Tensor& tensor, std::vector<gpu::Eight>& bits) {
    return TensorView{bits.data(), DataType::F16, tensor.shape(),
                      contiguous_strides(tensor.shape())};
  };
  const Operands operands{view(x, in_x), view(w, in_w), view(y, in_y)};
  const gpu::Plan plan =
      gpu::make_plan(problem, operands, {.blocks = 1, .tile = tile_of(gpu::Kernel::HalfNarrow)});
  EXPECT_EQ(plan.a_by_eights, eights) << to_string(problem);
  const bool weights = problem.direction == Direction::GradWeights;
  const auto data = [](const TensorView& of) { return static_cast<gpu::ShortBits*>(of.data); };
  const TensorView& result = operands.result(problem.direction);
  for (std::int64_t block = plan.blocks(); block-- > 0;) {
    gpu::staged_block_on_host<gpu::ShortBits, gpu::Kernel::HalfNarrow>(
        plan, block, data(weights ? operands.y : operands.w),
        data(problem.direction == Direction::GradInputs ? operands.y : operands.x), data(result),
        nullptr);
  }
  compute_by_loops(problem, {x, w, y});
  const TensorView expected = Operands{x, w, y}.result(problem.direction);
  for (std::int64_t i = 0; i < result.size(); ++i) {
    ASSERT_EQ(data(result)[i], expected.as<float>()[i]) << to_string(problem) << " at " << i;
  }
}

TEST(GpuDirectIndex, ShortRowsAreLoadedInEightsWhereTheyLieSo) {
  const auto expect = [](Direction direction, const Shape& x, const Shape& w, bool flip,
                         bool eights) {
    expect_right_in_bits(make_problem(direction, x, w, {.border_mode = half, .filter_flip = flip}),
                         eights);
  };
  expect(Direction::Forward, {1, 16, 5, 6}, {70, 16, 3, 3}, false, true);
  expect(Direction::Forward, {1, 16, 5, 6}, {70, 16, 3, 3}, true, false);
  expect(Direction::Forward, {1, 40, 5, 6}, {70, 40, 1, 1}, true, true);
  expect(Direction::Forward, {1, 13, 5, 6}, {70, 13, 3, 3}, false, false);
  expect(Direction::GradWeights, {3, 5, 4, 6}, {70, 5, 3, 3}, true, true);
  expect(Direction::GradWeights, {3, 5, 5, 6}, {70, 5, 3, 3}, true, false);
  expect(Direction::GradInputs, {1, 16, 5, 6}, {8, 16, 3, 3}, false, false);
}

// Short elements travel two in a register.
TEST(GpuDirectIndex, ShortElementsArriveAsTheyWere) {
  gpu::Staged<gpu::ShortBits, 5> staged{};
  for (int i = 0; i < 5; ++i) staged.set(i, static_cast<gpu::ShortBits>(0xfff0 + i));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(staged.get(i), 0xfff0 + i);
}

}  // namespace
}  // namespace convcheck
