// gpu_direct where both operands lie in eights, as they are or as copies: the kernels' own code on
// the host, against the definition's loops.
#include <gtest/gtest.h>

#include "reference/loops.h"
#include "tests/unit/gpu_eights_on_host.h"
#include "tests/unit/gpu_on_host.h"

namespace convcheck {
namespace {

using gpu::ShortBits;

// All extents that make a tile of another shape, or parts of one; and steps of every order.
TEST(GpuDirectCopies, HaveEveryElementInItsPlace) {
  for (const std::int64_t last : {8, 64, 72, 264, 1032}) {
    for (const std::int64_t width : {1, 3, 5, 13, 70}) {
      for (const bool reversed : {false, true}) {
        gpu::LastCopy copy{.outer = 3, .last = last, .extents = {2, 1, width}};
        const std::int64_t size = copy.items();
        copy.outer_step = reversed ? 1 : size / 3;
        copy.last_step = reversed ? 3 : 2 * width;
        copy.steps[0] = reversed ? 3 * last * width : width;
        copy.steps[1] = 77;
        copy.steps[2] = reversed ? 3 * last : 1;
        gpu::Shorts from(size), to(size + 8);
        for (std::int64_t i = 0; i < size; ++i) from.data()[i] = static_cast<ShortBits>(i + i / 7);
        std::fill_n(to.data(), size + 8, ShortBits(0x7777));
        gpu::copy_on_host(copy, from.data(), to.data());
        std::int64_t at = 0;
        for (std::int64_t outer = 0; outer < 3; ++outer) {
          for (std::int64_t position = 0; position < 2 * width; ++position) {
            for (std::int64_t i = 0; i < last; ++i, ++at) {
              const std::int64_t place = outer * copy.outer_step + i * copy.last_step +
                                         position / width * copy.steps[0] +
                                         position % width * copy.steps[2];
              ASSERT_EQ(to.data()[at], from.data()[place]) << last << " " << width << " at " << at;
            }
          }
        }
        for (int i = 0; i < 8; ++i) ASSERT_EQ(to.data()[size + i], 0x7777);
      }
    }
  }
}

// Operands of small numbers, which are their own bits, in sums below 2^16.
struct SmallOperands {
  explicit SmallOperands(const ConvProblem& problem, bool channels_last)
      : bits{gpu::Shorts(element_count(problem.x_shape())),
             gpu::Shorts(element_count(problem.w_shape())),
             gpu::Shorts(element_count(problem.y_shape()))},
        numbers{Tensor(problem.x_shape()), Tensor(problem.w_shape()), Tensor(problem.y_shape())} {
    for (int i = 0; i < 3; ++i) {
      Tensor& tensor = numbers[i];
      views[i] = {bits[i].data(), DataType::F16, tensor.shape(),
                  strides_of(tensor.shape(), channels_last)};
      Index at(tensor.shape().size(), 0);
      std::int64_t state = i;
      do {
        const double value = static_cast<double>((state += 7 + 4 * i) % 5);
        tensor.view().set(at, value);
        bits[i].data()[views[i].offset(at)] = static_cast<ShortBits>(value);
      } while (advance(at, tensor.shape()));
    }
  }
  static Strides strides_of(const Shape& shape, bool channels_last) {
    Strides strides = contiguous_strides(shape);
    if (!channels_last) return strides;
    for (std::size_t axis = 2; axis < shape.size(); ++axis) strides[axis] *= shape[1];
    strides[1] = 1;
    return strides;
  }
  Operands in_bits() const { return {views[0], views[1], views[2]}; }
  Operands in_numbers() const { return {numbers[0], numbers[1], numbers[2]}; }

  gpu::Shorts bits[3];
  Tensor numbers[3];
  TensorView views[3];
};

void add_splits(const gpu::Plan& plan, const std::vector<float>& partial, ShortBits* c) {
  for (std::int64_t number = 0; plan.splits > 1 && number < plan.products; ++number) {
    const gpu::Product of = product_of(plan.conv, number);
    for (std::int64_t m = 0; m < of.m; ++m) {
      for (std::int64_t n = 0; n < of.n; ++n) {
        float sum = 0;
        for (std::int64_t split = 0; split < plan.splits; ++split) {
          sum += partial[static_cast<std::size_t>(plan.partial_sum(split, number, m, n))];
        }
        c[place_in_c(of, m, column_side(plan.conv, of, n))] = static_cast<ShortBits>(sum);
      }
    }
  }
}

template <gpu::Kernel kKernel>
void expect_right(const ConvProblem& problem, bool channels_last, std::int64_t blocks) {
  SmallOperands small(problem, channels_last);
  const Operands operands = small.in_bits();
  const gpu::PlanOptions options{.blocks = blocks, .least_depth = 1, .tile = tile_of(kKernel)};
  const gpu::DirectCall sized = gpu::make_direct_call(problem, operands, options);
  gpu::Shorts workspace(static_cast<std::int64_t>(sized.copied_bytes / 2));
  const gpu::DirectCall call =
      make_direct_call(problem, operands, options, reinterpret_cast<std::byte*>(workspace.data()));
  ASSERT_TRUE(call.plan.by_eights) << to_string(problem);
  ASSERT_EQ(call.copied_bytes > 0, !channels_last || problem.direction == Direction::GradInputs);
  for (int i = 0; i < gpu::LastCopies::kMost; ++i) {
    gpu::copy_on_host(call.copies.of[i], static_cast<const ShortBits*>(call.copies.from[i]),
                      static_cast<ShortBits*>(call.copies.to[i]));
  }
  const bool inputs = problem.direction == Direction::GradInputs;
  const TensorView &w = call.operands.w, &b = inputs ? call.operands.y : call.operands.x;
  const gpu::CopyOnHost copy{w.size(), b.size(), w.as<ShortBits>()};
  const TensorView& result = call.operands.result(problem.direction);
  std::vector<float> partial(static_cast<std::size_t>(call.plan.partial_sums()), -77.0f);
  for (std::int64_t block = call.plan.blocks(); block-- > 0;) {
    gpu::eights_block_on_host<kKernel>(call.plan, block, copy, b.as<ShortBits>(),
                                       result.as<ShortBits>(), partial.data());
  }
  add_splits(call.plan, partial, result.as<ShortBits>());
  compute_by_loops(problem, small.in_numbers());
  const TensorView expected = small.in_numbers().result(problem.direction);
  Index at(result.rank(), 0);
  do {
    ASSERT_EQ(result.as<ShortBits>()[result.offset(at)], expected.at(at))
        << to_string(problem) << " splits " << call.plan.splits;
  } while (advance(at, result.extents));
}

// Every rank, with groups, strides, dilations, uneven pads and both orders of taps; tiles that are
// cut in each direction; more than one table of sides.
std::vector<ConvProblem> problems_in_eights() {
  std::vector<ConvProblem> problems;
  for (const Direction direction : {Direction::Forward, Direction::GradInputs}) {
    const auto add = [&](const Shape& x, const Shape& w, const ConvParameters& parameters) {
      problems.push_back(make_problem(direction, x, w, parameters));
    };
    add({2, 16, 9, 8}, {72, 16, 3, 3}, {.border_mode = half});
    add({2, 144, 11, 8}, {136, 144, 3, 3},
        {.border_mode = {{{2, 1}, {0, 1}}}, .filter_flip = false});
    add({2, 16, 17, 9}, {48, 8, 3, 2},
        {.border_mode = {{{1, 2}, {0, 1}}}, .subsample = {2, 1}, .num_groups = 2});
    add({5, 24, 13, 12}, {24, 24, 3, 3},
        {.border_mode = 2, .subsample = {1, 3}, .filter_flip = false, .filter_dilation = {2, 2}});
    add({3, 8, 140}, {16, 8, 5}, {.border_mode = {{{4, 0}}}, .filter_dilation = {3}});
    add({2, 8, 4, 5, 6}, {8, 8, 3, 2, 3}, {.border_mode = half, .subsample = {1, 2, 1}});
  }
  return problems;
}

TEST(GpuDirectEights, ComputeTheDefinition) {
  for (const ConvProblem& problem : problems_in_eights()) {
    expect_right<gpu::Kernel::HalfNarrow>(problem, false, 100);
    if (!gpu::kSanitized) expect_right<gpu::Kernel::HalfNarrow>(problem, false, 1);
    if (!gpu::kSanitized) expect_right<gpu::Kernel::Half>(problem, false, 1);
    expect_right<gpu::Kernel::HalfNarrow>(problem, true, 1);
    if (HasFatalFailure()) return;
  }
}

Operands views(const ConvProblem& problem, DataType type) {
  const auto view = [&](const Shape& shape) {
    return TensorView{nullptr, type, shape, contiguous_strides(shape), MemoryKind::Cuda};
  };
  return {view(problem.x_shape()), view(problem.w_shape()), view(problem.y_shape())};
}

TEST(GpuDirectEights, OperandsAreCopiedWhereThatPays) {
  const Direction forward = Direction::Forward, inputs = Direction::GradInputs;
  // Elements that are copied.
  const auto copied = [](Direction direction, const Shape& x, const Shape& w,
                         const ConvParameters& parameters, DataType type = DataType::F16) {
    const ConvProblem problem = make_problem(direction, x, w, parameters);
    const gpu::DirectCall call = gpu::make_direct_call(problem, views(problem, type));
    EXPECT_EQ(call.plan.by_eights, call.copied_bytes > 0) << to_string(problem);
    return static_cast<std::int64_t>(call.copied_bytes / 2);
  };
  const std::int64_t all_x = 8 * 64 * 56 * 56, all_w = 64 * 64 * 9;
  const Shape x{8, 64, 56, 56}, w{64, 64, 3, 3};
  const ConvParameters padded{.border_mode = half};
  EXPECT_EQ(copied(forward, x, w, padded), all_x + all_w);
  EXPECT_EQ(copied(forward, x, w, padded, DataType::BF16), all_x + all_w);
  EXPECT_EQ(copied(inputs, x, w, padded), all_x + all_w);
  EXPECT_EQ(copied(forward, x, w, padded, DataType::F32), 0);
  EXPECT_EQ(copied(Direction::GradWeights, x, w, padded), 0);
  EXPECT_EQ(copied(forward, {8, 256, 56, 56}, {64, 256, 1, 1}, {}), 0) << "each is read once";
  EXPECT_EQ(copied(forward, {8, 1024, 14, 14}, {256, 1024, 1, 1}, {}), 8 * 1024 * 14 * 14);
  EXPECT_EQ(copied(inputs, {8, 1024, 14, 14}, {256, 1024, 1, 1}, {}),
            8 * 256 * 14 * 14 + 256 * 1024);
  EXPECT_EQ(copied(forward, {1, 512, 7, 7}, {512, 512, 3, 3}, padded), 0) << "w is read once";
  EXPECT_EQ(copied(forward, {8, 60, 56, 56}, {64, 60, 3, 3}, padded), 0);
  EXPECT_EQ(copied(inputs, {8, 60, 56, 56}, {64, 60, 3, 3}, padded), all_x + 64 * 60 * 9);
  EXPECT_EQ(copied(forward, x, {64, 1, 3, 3}, {.border_mode = half, .num_groups = 64}), 0);
  EXPECT_EQ(copied(forward, x, {64, 64, 9, 9}, padded), 0) << "81 taps";
  EXPECT_EQ(copied(forward, {8, 64, 3, 3}, {8, 3, 3, 64, 1, 1}, {.unshared = true}), 0);
  EXPECT_EQ(copied(forward, {0, 64, 5, 5}, {64, 64, 3, 3}, {}), 0);
}

// Every step but the summed one's is of whole eights, or the operand is copied; and it begins at a
// multiple of 16 bytes.
TEST(GpuDirectEights, AnOperandLiesInEightsOrIsCopied) {
  const ConvProblem problem =
      make_problem(Direction::Forward, {4, 16, 9, 8}, {24, 16, 3, 3}, {.border_mode = half});
  const SmallOperands small(problem, true);
  const auto copied = [&](const Operands& operands) {
    const gpu::DirectCall call = gpu::make_direct_call(problem, operands);
    EXPECT_TRUE(call.plan.by_eights);
    EXPECT_EQ(gpu::make_plan(problem, operands).by_eights, call.copied_bytes == 0);
    return static_cast<std::int64_t>(call.copied_bytes / 2);
  };
  EXPECT_EQ(copied(small.in_bits()), 0);
  for (const std::size_t dimension : {0, 1, 2, 3}) {
    Operands operands = small.in_bits();
    operands.x.strides[dimension] += 4;
    EXPECT_EQ(copied(operands), operands.x.size());
    operands.x = small.in_bits().x;
    operands.w.strides[dimension] += 4;
    EXPECT_EQ(copied(operands), operands.w.size());
  }
  Operands operands = small.in_bits();
  operands.x.data = operands.x.as<ShortBits>() + 4;
  const gpu::DirectCall call = gpu::make_direct_call(problem, operands);
  EXPECT_FALSE(call.plan.by_eights);
  EXPECT_EQ(call.copied_bytes, 0u);
}

// The copies and then the partial sums, together within the limit.
TEST(GpuDirectEights, TheWorkspaceHoldsCopiesAndPartialSums) {
  const ConvProblem problem =
      make_problem(Direction::Forward, {8, 512, 7, 7}, {512, 512, 3, 3}, {.border_mode = half});
  const Operands operands = views(problem, DataType::F16);
  const auto bytes = [&](std::size_t limit) {
    return workspace_bytes(gpu::make_direct_call(problem, operands, {.workspace_limit = limit}),
                           DataType::F16);
  };
  const std::size_t copies = 2 * (8 * 512 * 49 + 512 * 512 * 9), sums = 4 * 8 * 512 * 49;
  const gpu::DirectCall call = gpu::make_direct_call(problem, operands);
  EXPECT_EQ(call.copied_bytes, copies);
  EXPECT_GT(call.plan.splits, 2);
  EXPECT_EQ(bytes(std::size_t{1} << 28),
            copies + static_cast<std::size_t>(call.plan.splits) * sums);
  EXPECT_EQ(bytes(copies + 2 * sums), copies + 2 * sums);
  EXPECT_EQ(bytes(copies + 2 * sums - 1), copies) << "one part alone needs no sums";
  EXPECT_EQ(bytes(copies), copies);
  EXPECT_LE(bytes(copies - 1), copies - 1);
  EXPECT_FALSE(
      gpu::make_direct_call(problem, operands, {.workspace_limit = copies - 1}).plan.by_eights);
}

}  // namespace
}  // namespace convcheck
