// The index arithmetic of fast/cuda's kernels, on the host: over the small grids in all directions,
// against the definition's loops, with ==.
#include <gtest/gtest.h>

#include <functional>

#include "checker/grids.h"
#include "fast/cuda/make_direct_call.h"
#include "fast/empty_call.h"
#include "reference/flops.h"
#include "reference/loops.h"
#include "tests/unit/gpu_on_host.h"

namespace convcheck {
namespace {

using Compute = std::function<void(const ConvProblem&, const Operands&)>;

// Axes in the opposite order in memory, each counted from its end, with gaps.
TensorView scattered(Tensor& memory, const Shape& shape) {
  Shape stored;
  Dims axes;
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    stored.push_back(shape[axis] + 1);
    axes.push_back(static_cast<std::int64_t>(axis));
  }
  memory = Tensor(stored, DataType::F64);
  TensorView view = permuted(memory, axes);
  view.extents = shape;
  if (view.empty()) return view;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) view = reversed(view, axis);
  return view;
}

TensorView channels_last(Tensor& memory, const Shape& shape) {
  Shape stored{shape[0]};
  Dims axes{0, static_cast<std::int64_t>(shape.size()) - 1};
  for (std::size_t axis = 2; axis < shape.size(); ++axis) {
    stored.push_back(shape[axis]);
    axes.push_back(static_cast<std::int64_t>(axis) - 1);
  }
  stored.push_back(shape[1]);
  memory = Tensor(stored, DataType::F64);
  return permuted(memory, axes);
}

enum class Layout { Plain, Scattered, ChannelsLast };

TensorView laid_out(Layout layout, Tensor& memory, const Shape& shape) {
  if (layout == Layout::Scattered) return scattered(memory, shape);
  if (layout == Layout::ChannelsLast && shape.size() < 6) return channels_last(memory, shape);
  return memory = Tensor(shape, DataType::F64);
}

struct Computed {
  const char* how;
  Compute compute;
};

// The result is the definition's, however it is computed.
void expect_right(const ConvProblem& problem, const std::vector<Computed>& computed, Layout layout,
                  const std::string& line) {
  Tensor memory[3];
  const Operands operands{laid_out(layout, memory[0], problem.x_shape()),
                          laid_out(layout, memory[1], problem.w_shape()),
                          laid_out(layout, memory[2], problem.y_shape())};
  gpu::fill(operands.x, 1), gpu::fill(operands.w, 2), gpu::fill(operands.y, 3);
  const TensorView result = operands.result(problem.direction);
  const Tensor before = Tensor::copy_of(result);
  compute_by_loops(problem, operands);
  const std::vector<double> expected = Tensor::copy_of(result).values();
  for (const Computed& one : computed) {
    copy(before, result);
    try {
      one.compute(problem, operands);
    } catch (const std::exception& error) {
      FAIL() << one.how << ", " << line << ": " << error.what();
    }
    EXPECT_EQ(Tensor::copy_of(result).values(), expected) << one.how << ", " << line;
  }
}

// Cases that differ only in what the index arithmetic does not see are taken once.
std::vector<Case> small_grid() {
  constexpr std::int64_t kMostOperations = 400000;
  std::vector<Case> cases = one_axis_grid().cases;
  for (const Grid& grid : value_grids()) {
    for (const Case& c : grid.cases) {
      if (c.x_type == DataType::F32 && flops(conv_problem(c)) <= kMostOperations)
        cases.push_back(c);
    }
  }
  return cases;
}

TEST(GpuIndex, IsTheDefinitionOverTheSmallGridHoweverACallIsDivided) {
  std::int64_t split = 0, whole = 0, at_once = 0;
  const auto in_tiny_tiles = [&](const ConvProblem& problem, const Operands& operands) {
    const gpu::PlanOptions options{
        .blocks = 100, .least_depth = 1, .by_bits = false, .tile = {2, 3, 2, 0, 0, 0}};
    ++(make_plan(problem, operands, options).splits > 1 ? split : whole);
    gpu::direct_on_host(problem, operands, options);
  };
  const auto corrmm = [&](const ConvProblem& problem, const Operands& operands) {
    // What the backend does with empty sums.
    if (is_empty_call(operands)) return gpu::direct_on_host(problem, operands);
    // All images at a time, and one by one.
    gpu::corrmm_on_host(problem, operands, ++at_once % 2 == 0 ? std::size_t{1} << 30 : 0);
  };
  const std::vector<Computed> computed{
      {"gpu_direct", [](const auto& p, const auto& o) { gpu::direct_on_host(p, o); }},
      {"gpu_direct in tiny tiles", in_tiny_tiles},
      {"gpu_corrmm", corrmm}};
  const std::vector<Case> cases = small_grid();
  EXPECT_GT(cases.size(), 10000u);
  for (std::size_t number = 0; number < cases.size(); number += gpu::kSanitized ? 7 : 1) {
    constexpr Layout kLayouts[] = {Layout::Plain, Layout::Scattered, Layout::ChannelsLast};
    const Case& c = cases[number];
    expect_right(conv_problem(c), computed, kLayouts[number % 3], to_string(c));
    if (HasFailure()) return;
  }
  EXPECT_GT(split, 500);
  EXPECT_GT(whole, 500);
}

ConvProblem layer(Direction direction, const Shape& x, const Shape& w) {
  return make_problem(direction, x, w, {.border_mode = half});
}

Operands views(const ConvProblem& problem, DataType type) {
  const auto view = [&](const Shape& shape) {
    return TensorView{nullptr, type, shape, contiguous_strides(shape), MemoryKind::Cuda};
  };
  return {view(problem.x_shape()), view(problem.w_shape()), view(problem.y_shape())};
}

// Neighbouring threads read neighbouring elements, and every part of the device has something to
// do.
TEST(GpuDirectIndex, PlansOfLayersAreWhatTheyShouldBe) {
  const auto plan = [](Direction direction, const Shape& x, const Shape& w, DataType type) {
    const ConvProblem problem = layer(direction, x, w);
    return gpu::make_plan(problem, views(problem, type));
  };
  const gpu::Plan forward =
      plan(Direction::Forward, {32, 64, 56, 56}, {64, 64, 3, 3}, DataType::F32);
  EXPECT_TRUE(forward.a_along_k);
  EXPECT_FALSE(forward.b_along_k);
  EXPECT_EQ(forward.splits, 1);
  EXPECT_TRUE(forward.by_bits);
  EXPECT_FALSE(plan(Direction::Forward, {1, 3, 30, 30}, {64, 3, 9, 9}, DataType::F32).by_bits);
  EXPECT_EQ(forward.blocks(), 32 * 56 * 56 / 128);
  const gpu::Plan weights =
      plan(Direction::GradWeights, {32, 64, 56, 56}, {64, 64, 3, 3}, DataType::F16);
  EXPECT_TRUE(weights.a_along_k);
  EXPECT_TRUE(weights.b_along_k);
  EXPECT_GT(weights.blocks(), 200);
  EXPECT_GT(weights.splits, 1);
  const gpu::Plan deep =
      plan(Direction::Forward, {1, 2048, 7, 7}, {512, 2048, 1, 1}, DataType::F32);
  EXPECT_GT(deep.splits, 1);
  // The limit of the workspace holds.
  const ConvProblem problem = layer(Direction::Forward, {1, 2048, 7, 7}, {512, 2048, 1, 1});
  EXPECT_EQ(
      gpu::make_plan(problem, views(problem, DataType::F32), {.workspace_limit = 1000}).splits, 1);
  EXPECT_EQ(
      workspace_bytes(gpu::make_direct_call(problem, views(problem, DataType::F32)), DataType::F32),
      static_cast<std::size_t>(deep.splits * 512 * 49 * 4));
}

// Pads and strides near 2^61 overflow nothing on the way to a place inside.
TEST(GpuDirectIndex, HugePadsAndStridesAreLikeAnyOther) {
  const std::int64_t huge = std::int64_t{1} << 40;
  for (const Direction direction : kAllDirections) {
    ConvProblem problem{.direction = direction, .rank = 1, .batch = 2, .channels = 2, .filters = 2};
    problem.windows[0] = {.input = 5,
                          .filter = 3,
                          .stride = huge,
                          .dilation = huge / 2,
                          .pad_before = huge,
                          .pad_after = huge};
    validate(problem);
    const Compute direct = [](const auto& p, const auto& o) { gpu::direct_on_host(p, o); };
    const Compute corrmm = [](const auto& p, const auto& o) { gpu::corrmm_on_host(p, o, 0); };
    expect_right(problem, {{"gpu_direct", direct}, {"gpu_corrmm", corrmm}}, Layout::Plain,
                 to_string(problem));
  }
}

// As many images as fit, in equal parts, and the matrices beside one another.
TEST(GpuCorrmmIndex, ImagesAreLoweredWithinTheLimit) {
  const ConvProblem problem = layer(Direction::Forward, {32, 64, 56, 56}, {64, 64, 3, 3});
  const gpu::Lowered all = gpu::lowered_of(problem, views(problem, DataType::F32));
  const std::size_t image = 4 * 56 * 56 * (64 * 9 + 64), filters = 4 * 64 * 64 * 9;
  for (const std::int64_t images : {1, 2, 11, 16, 32}) {
    const std::size_t limit = static_cast<std::size_t>(images) * image + filters;
    const gpu::LoweredMemory memory = memory_of(all, DataType::F32, limit);
    EXPECT_EQ(memory.images, images);
    EXPECT_EQ(memory.scratch, limit);
    EXPECT_EQ(memory.y - memory.w, filters);
  }
  EXPECT_EQ(memory_of(all, DataType::F32, 0).images, 1);
  EXPECT_EQ(memory_of(all, DataType::F32, 20 * image + filters).images, 16) << "not 20 and 12";
}

// At a multiple of 256 bytes, behind the matrices and inside the workspace, wherever that begins;
// the same size every time, so that cuBLAS chooses alike.
TEST(GpuCorrmmIndex, CublasHasItsOwnPartOfTheWorkspace) {
  constexpr std::size_t kLeast = 16 << 10, kMost = std::size_t{32} << 20;
  for (const Direction direction : kAllDirections) {
    for (const auto& [problem, most] :
         {std::pair(layer(direction, {2, 3, 7, 7}, {4, 3, 3, 3}), std::size_t{128} << 10),
          std::pair(layer(direction, {32, 64, 56, 56}, {64, 64, 3, 3}), kMost)}) {
      const gpu::Lowered all = gpu::lowered_of(problem, views(problem, DataType::F32));
      const gpu::LoweredMemory memory = memory_of(all, DataType::F32, std::size_t{16} << 20);
      std::vector<std::byte> host(memory.bytes + 256);
      const auto first = reinterpret_cast<std::uintptr_t>(host.data());
      std::byte* const begin = host.data() + (256 - first % 256);
      for (const std::size_t offset : {0, 64, 128, 192}) {
        const std::span<std::byte> scratch = memory.scratch_in(begin + offset);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(scratch.data()) % 256, 0u);
        EXPECT_GE(scratch.data(), begin + offset + memory.scratch);
        EXPECT_LE(scratch.data() + scratch.size(), begin + offset + memory.bytes);
        EXPECT_EQ(scratch.size(), memory.scratch_in(begin).size());
        EXPECT_GE(scratch.size(), kLeast);
        EXPECT_LE(scratch.size(), most);
      }
    }
  }
}

}  // namespace
}  // namespace convcheck
