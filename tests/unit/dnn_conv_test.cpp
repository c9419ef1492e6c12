// Backend dnn_conv as far as it can be seen without a device: the form in which a call is passed to
// cuDNN gives the definition's result, and the names of algorithms mean what they should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fast/cudnn/algorithms.h"
#include "fast/cudnn/arrangement.h"
#include "reference/loops.h"

namespace convcheck {
namespace {

using cudnn::Arrangement;
using cudnn::Copies;
using cudnn::Passed;
using cudnn::PlanFacts;
using testing::HasSubstr;
using testing::IsEmpty;

Tensor counted(const Shape& shape, int first) {
  Tensor tensor(shape, DataType::F64);
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    tensor.data<double>()[i] = static_cast<double>((i * 7 + first) % 11) - 5;
  }
  return tensor;
}

void copy_on_host(const gpu::BoxCopy& copy, const double* from, double* to) {
  for (std::int64_t item = 0; item < copy.items(); ++item) {
    const gpu::BoxCopy::Places places = copy.places_of(item);
    to[places.to] = places.inside ? from[places.from] : 0;
  }
}

// The operand as cuDNN would see it; `read`: with its copy made.
TensorView passed(const Passed& to, const TensorView& operand, std::vector<double>& workspace,
                  bool read) {
  double* data = operand.as<double>();
  if (to.copy) {
    double* const own = workspace.data() + to.place / sizeof(double);
    if (read) copy_on_host(*to.copy, data, own);
    data = own;
  }
  return {data, DataType::F64, to.extents, to.strides};
}

void expect_right(const ConvProblem& problem, Copies copies) {
  const Tensor x = counted(problem.x_shape(), 1), w = counted(problem.w_shape(), 2);
  const Tensor y = counted(problem.y_shape(), 3);
  Operands operands{x, w, y};
  compute_by_loops(problem, operands);
  const std::vector<double> expected = Tensor::copy_of(operands.result(problem.direction)).values();
  for (std::int64_t i = 0; i < operands.result(problem.direction).size(); ++i) {
    operands.result(problem.direction).as<double>()[i] = 99;
  }
  const Arrangement to = arrange(problem, operands, copies);
  std::vector<double> workspace(to.copied_bytes / sizeof(double), 77);
  const Direction direction = problem.direction;
  const Operands seen{passed(to.x, operands.x, workspace, direction != Direction::GradInputs),
                      passed(to.w, operands.w, workspace, direction != Direction::GradWeights),
                      passed(to.y, operands.y, workspace, direction != Direction::Forward)};
  for (const Window& window : to.problem.axes()) EXPECT_EQ(window.pad_before, window.pad_after);
  EXPECT_GE(to.problem.rank, 2u);
  check_call(to.problem, seen);
  compute_by_loops(to.problem, seen);
  const Passed& result = direction == Direction::Forward      ? to.y
                         : direction == Direction::GradInputs ? to.x
                                                              : to.w;
  if (result.copy) {
    copy_on_host(*result.copy, workspace.data() + result.place / sizeof(double),
                 operands.result(direction).as<double>());
  }
  EXPECT_EQ(Tensor::copy_of(operands.result(direction)).values(), expected)
      << to_string(problem) << ", copies " << static_cast<int>(copies);
}

std::vector<ConvProblem> some_problems() {
  const BorderMode lopsided = {{{1, 2}, {0, 1}}};
  std::vector<ConvProblem> problems;
  for (const Direction direction : kAllDirections) {
    for (const bool flip : {false, true}) {
      const auto add = [&](const Shape& x, const Shape& w, ConvParameters parameters) {
        parameters.filter_flip = flip;
        problems.push_back(make_problem(direction, x, w, parameters));
      };
      add({2, 4, 6, 7}, {6, 2, 2, 3}, {.border_mode = lopsided, .num_groups = 2});
      add({2, 3, 7, 6}, {2, 3, 3, 2}, {.border_mode = lopsided, .subsample = {2, 3}});
      add({1, 2, 9, 8}, {2, 2, 2, 3}, {.border_mode = half, .filter_dilation = {2, 1}});
      add({2, 3, 5, 6}, {4, 3, 1, 1}, {.subsample = {2, 1}});
      add({1, 2, 5, 4}, {2, 2, 2, 1}, {});
      add({2, 2, 9}, {3, 2, 3}, {.border_mode = {{{0, 2}}}, .subsample = {2}});
      add({2, 2, 4, 5, 4}, {2, 1, 2, 3, 2},
          {.border_mode = {{{1, 0}, {1, 1}, {0, 2}}}, .num_groups = 2});
    }
  }
  return problems;
}

TEST(DnnConv, CopiesAndSymmetricPadsGiveTheDefinition) {
  for (const ConvProblem& problem : some_problems()) {
    for (const Copies copies : cudnn::kAllCopies) expect_right(problem, copies);
  }
}

TEST(DnnConv, NothingIsCopiedThatCudnnTakesAsItIs) {
  const ConvProblem even =
      make_problem(Direction::Forward, {2, 3, 8, 8}, {4, 3, 3, 3}, {.border_mode = half});
  const Tensor x(even.x_shape()), w(even.w_shape()), y(even.y_shape());
  EXPECT_EQ(arrange(even, {x, w, y}, Copies::Needed).copied_bytes, 0u);
  EXPECT_TRUE(arrange(even, {x, w, y}, Copies::Needed).problem.flip);
  EXPECT_FALSE(arrange(even, {x, w, y}, Copies::All).problem.flip);
  // Most plans cross-correlate, and of one tap that is the same.
  const ConvProblem one = make_problem(Direction::Forward, {2, 3, 8, 8}, {4, 3, 1, 1}, {});
  const Tensor w1(one.w_shape());
  EXPECT_EQ(arrange(one, {x, w1, Tensor(one.y_shape())}, Copies::Needed).copied_bytes, 0u);
  EXPECT_FALSE(arrange(one, {x, w1, Tensor(one.y_shape())}, Copies::Needed).problem.flip);
  // The pad behind is one less, but no window reads it.
  const ConvProblem tail = make_problem(Direction::Forward, {1, 1, 8, 8}, {1, 1, 3, 3},
                                        {.border_mode = {{{1, 0}, {1, 0}}}, .subsample = {2, 2}});
  const Tensor x2(tail.x_shape()), w2(tail.w_shape()), y2(tail.y_shape());
  EXPECT_EQ(arrange(tail, {x2, w2, y2}, Copies::Needed).copied_bytes, 0u);
  const Arrangement padded = arrange(even, {x, w, y}, Copies::Padded);
  EXPECT_EQ(padded.x.extents, (Shape{2, 3, 10, 10}));
  EXPECT_EQ(padded.problem.windows[0].pad_before, 0);
}

TEST(DnnConv, NamesOfAlgorithmsMeanPlans) {
  const std::size_t mebi = std::size_t{1} << 20;
  const std::vector<PlanFacts> plans{
      {.workspace = 200 * mebi}, {.workspace = 60 * mebi}, {.workspace = 0}};
  std::string note;
  for (const char* name : {"large", "guess_once", "time_on_shape_change"}) {
    EXPECT_EQ(cudnn::chosen_plan(plans, name, note), 0u) << name;
  }
  EXPECT_EQ(cudnn::chosen_plan(plans, "small", note), 1u);
  EXPECT_EQ(cudnn::chosen_plan(plans, "none", note), 2u);
  EXPECT_EQ(cudnn::chosen_plan(plans, "deterministic", note), 2u);
  EXPECT_THAT(note, IsEmpty());
  EXPECT_EQ(cudnn::chosen_plan(plans, "winograd_non_fused", note), 2u);
  EXPECT_THAT(note, HasSubstr("winograd_non_fused"));
  note.clear();
  EXPECT_EQ(cudnn::chosen_plan({plans[0]}, "small", note), 0u);
  EXPECT_THAT(note, HasSubstr("64 MiB"));
  EXPECT_EQ(cudnn::chosen_plan({}, "none", note), std::nullopt);
}

TEST(DnnConv, PlansBehindOneThatIsEnoughChangeNothing) {
  const std::size_t mebi = std::size_t{1} << 20;
  const std::vector<PlanFacts> plans{{.workspace = 65 * mebi},
                                     {.workspace = 64 * mebi},
                                     {.workspace = 3},
                                     {.workspace = 0},
                                     {.workspace = 0}};
  const auto built = [&](const std::string_view algorithm) {
    std::size_t count = 0;
    while (count < plans.size() && !cudnn::is_enough(plans[count], algorithm)) ++count;
    return std::min(count + 1, plans.size());
  };
  for (const Direction direction : kAllDirections) {
    for (const std::string_view algorithm : cudnn::algorithm_names(direction)) {
      const std::vector<PlanFacts> first(
          plans.begin(), plans.begin() + static_cast<std::ptrdiff_t>(built(algorithm)));
      std::string note;
      EXPECT_EQ(cudnn::chosen_plan(first, algorithm, note),
                cudnn::chosen_plan(plans, algorithm, note))
          << algorithm;
    }
  }
  EXPECT_EQ(built("guess_once"), 1u);
  EXPECT_EQ(built("small"), 2u);
  EXPECT_EQ(built("none"), 4u);
  EXPECT_EQ(built("time_once"), plans.size());
}

TEST(DnnConv, WhichClaimsAPlanBreaksIsNamed) {
  using cudnn::Arithmetic;
  using cudnn::broken_claims;
  const Arithmetic single{DataType::F32, DataType::F32}, mixed{DataType::F16, DataType::F32};
  const Arithmetic half_sums{DataType::F16, DataType::F16};
  EXPECT_EQ(broken_claims({}, single), "");
  EXPECT_EQ(broken_claims({.tensor_core = true}, single), "+tf32");
  EXPECT_EQ(broken_claims({.rounds_inputs = true}, single), "+tf32");
  EXPECT_EQ(broken_claims({.rounds_inputs = true}, {DataType::F64, DataType::F64}),
            "+rounded_inputs");
  EXPECT_EQ(broken_claims({.tensor_core = true}, mixed), "");
  EXPECT_EQ(broken_claims({.tensor_core = true, .rounds_inputs = true}, mixed), "+rounded_inputs");
  EXPECT_EQ(broken_claims({.short_sums = true}, mixed), "+short_sums");
  EXPECT_EQ(broken_claims({.short_sums = true}, half_sums), "");
  EXPECT_EQ(broken_claims({.transform = true}, single), "+transforms");
  EXPECT_EQ(broken_claims({.deterministic = false}, single), "+nondeterministic");
  EXPECT_EQ(broken_claims({.tensor_core = true, .transform = true}, single), "+tf32+transforms");
}

TEST(DnnConv, PrecisionsAreTheDocumentations) {
  const auto sums = [](DataType type, const char* precision) {
    return cudnn::arithmetic_of(type, precision).sums;
  };
  EXPECT_EQ(sums(DataType::F16, "as_input_f32"), DataType::F32);
  EXPECT_EQ(sums(DataType::F64, "as_input_f32"), DataType::F64);
  EXPECT_EQ(sums(DataType::F16, "as_input"), DataType::F16);
  EXPECT_EQ(sums(DataType::BF16, "as_input"), DataType::F32);
  EXPECT_EQ(sums(DataType::F32, "float64"), DataType::F64);
  EXPECT_EQ(sums(DataType::F64, "float32"), DataType::F32);
}

}  // namespace
}  // namespace convcheck
