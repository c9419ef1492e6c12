// Mistakes planted in how the documented functions are lowered to convolutions are found.
#include "tools/composed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "checker/composed_grid.h"
#include "checker/corpus.h"
#include "fast/dispatch.h"

namespace convcheck {
namespace {

const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> some;
    for (const Grid& grid : composed_grids()) {
      for (const Case& c : grid.cases) {
        if (c.y_type == DataType::F32) some.push_back(c);
      }
    }
    return some;
  }();
  return all;
}

// A function as it should be, but for one mistake: in what the case says, in an operand, or in what
// comes out.
struct Mistake {
  std::string name;
  Function function;
  std::function<void(Case&)> in_the_case = [](Case&) {};
  std::function<void(const Case&, NamedTensors&)> in_operands = [](const Case&, NamedTensors&) {};
  std::function<void(const Case&, Tensor&)> in_the_result = [](const Case&, Tensor&) {};
};

EvaluateFunction planted(const Mistake& mistake) {
  return [&](const Case& c, const NamedTensors& operands, const BackendPtr& backend) {
    Case wrong = c;
    NamedTensors spoilt = operands;
    mistake.in_the_case(wrong);
    mistake.in_operands(c, spoilt);
    Tensor result = evaluate(wrong, spoilt, backend);
    mistake.in_the_result(c, result);
    return result;
  };
}

std::vector<std::string> failed(const Mistake& mistake) {
  std::vector<std::string> lines;
  const BackendPtr backend = backend_named("reference");
  for (const Case& c : cases()) {
    if (c.function != mistake.function) continue;
    const Verdict verdict = judge_composed(c, backend, planted(mistake));
    if (verdict.outcome == Outcome::Failed) lines.push_back(to_string(c));
  }
  return lines;
}

// The zeros of an asymmetric border on the other side.
BorderMode mirrored(const BorderMode& border) {
  std::vector<AxisBorder> axes;
  for (const AxisBorder& one : border.entries()) {
    axes.push_back(one.kind == AxisBorder::Kind::Pad ? AxisBorder(one.after, one.before) : one);
  }
  return border.every_axis() ? border : BorderMode(std::move(axes)).canonical();
}

void reverse(NamedTensors& operands, const std::string& name, std::size_t axis) {
  if (operands.count(name) == 0) return;
  operands[name] = Tensor::copy_of(reversed(operands[name], axis));
}

void scale(Tensor& tensor, double factor) {
  Index at(tensor.shape().size(), 0);
  if (tensor.size() == 0) return;
  do tensor.set(at, tensor.at(at) * factor);
  while (advance(at, tensor.shape()));
}

// As a plain convolution of the same operands.
void as_conv(Case& c, const BorderMode& border) {
  c.function = Function::Conv;
  c.border = border;
}

using Add = std::function<Mistake&(const char* name, Function function)>;

void add_to_convolutions(const Add& add) {
  add("causal zeros after the last input", Function::CausalConv1d).in_the_case = [](Case& c) {
    as_conv(c, BorderMode{{0, (c.w.back() - 1) * c.dilation[0]}});
  };
  add("causal zeros without dilation", Function::CausalConv1d).in_the_case = [](Case& c) {
    const std::int64_t zeros = (c.w.back() - 1) * c.dilation[0], undilated = c.w.back() - 1;
    as_conv(c, BorderMode{{undilated, zeros - undilated}});
  };
  add("causal not flipped", Function::CausalConv1d).in_the_case = [](Case& c) { c.flip = !c.flip; };
  add("transposed with the pads exchanged", Function::ConvTranspose).in_the_case = [](Case& c) {
    c.border = mirrored(c.border);
  };
  add("transposed without a flip", Function::ConvTranspose).in_the_case = [](Case& c) {
    c.flip = !c.flip;
  };
  add("transposed with the groups' filters in another order", Function::ConvTranspose).in_operands =
      [](const Case&, NamedTensors& operands) { reverse(operands, "w", 0); };
  add("pointwise filters not flipped", Function::SeparableConv).in_operands =
      [](const Case&, NamedTensors& operands) { reverse(operands, "pw", 2); };
  add("depthwise filters dealt to the channels one by one", Function::SeparableConv).in_operands =
      [](const Case& c, NamedTensors& operands) {
        if (c.x[1] > 1 && c.dw[0] > c.x[1]) reverse(operands, "dw", 0);
      };
  add("depthwise stage with the pads exchanged", Function::SeparableConv).in_the_case =
      [](Case& c) { c.border = mirrored(c.border); };
  add("the value's gradient read from the other end", Function::SeparableConv).in_operands =
      [](const Case& c, NamedTensors& operands) {
        if (c.part != Part::Forward && operands.count("dy") > 0) {
          reverse(operands, "dy", operands["dy"].shape().size() - 1);
        }
      };
  add("conv3d2d with time not flipped", Function::Conv3d2d).in_operands =
      [](const Case&, NamedTensors& operands) { reverse(operands, "w", 1); };
  add("conv3d2d with channels in another order", Function::Conv3d2d).in_operands =
      [](const Case&, NamedTensors& operands) { reverse(operands, "w", 2); };
  add("legacy convolution that correlates", Function::LegacyConv2d).in_the_case = [](Case& c) {
    as_conv(c, c.border);
    c.flip = false;
  };
}

void add_to_upsampling(const Add& add) {
  add("kernel without normalisation", Function::BilinearUpsampling).in_the_result =
      [](const Case& c, Tensor& result) {
        const auto ratio = static_cast<double>(c.ratio[0].numerator);
        scale(result, ratio * ratio);
      };
  add("kernel normalised on one axis", Function::BilinearUpsampling).in_the_result =
      [](const Case& c, Tensor& result) {
        scale(result, static_cast<double>(c.ratio[0].numerator));
      };
  add("weights off by a hundredth", Function::BilinearUpsampling).in_the_result =
      [](const Case&, Tensor& result) { scale(result, 1.01); };
  add("upsampling from the other end", Function::FracBilinearUpsampling).in_the_result =
      [](const Case&, Tensor& result) {
        result = Tensor::copy_of(reversed(result, result.shape().size() - 1));
      };
  add("edge elements counted once in the gradient", Function::FracBilinearUpsampling)
      .in_the_result = [](const Case& c, Tensor& result) {
    if (c.part == Part::GradInputs && result.size() > 0) {
      const Index first(4, 0);
      result.set(first, result.at(first) / 2);
    }
  };
  add("1-D kernel one element too high", Function::BilinearKernel1D).in_the_result =
      [](const Case&, Tensor& result) { result.set({0}, 2 * result.at({0})); };
  add("2-D kernel with the axes exchanged", Function::BilinearKernel2D).in_the_case = [](Case& c) {
    std::swap(c.ratio.front(), c.ratio.back());
  };
}

void add_to_shape_helpers(const Add& add) {
  add("output without dilation", Function::OutputShape).in_the_case = [](Case& c) {
    if (!c.unshared) c.dilation = Dims(c.rank, 1);
  };
  add("input with the channels of one group", Function::GradInputsShape).in_the_result =
      [](const Case& c, Tensor& result) { result.set({1}, result.at({1}) / double(c.groups)); };
  add("input known though the stride leaves it open", Function::GradInputsShape).in_the_result =
      [](const Case& c, Tensor& result) { result.set({2}, double(c.x[2])); };
  add("any input fits", Function::GradInputsShape).in_the_result = [](const Case& c,
                                                                      Tensor& result) {
    result.set({2 + std::int64_t(c.rank)}, double(c.x[2] + c.subsample[0]));
  };
  add("filters without regions", Function::GradWeightsShape).in_the_result = [](const Case& c,
                                                                                Tensor& result) {
    if (c.unshared) result = Tensor({2}, {1, 1});
  };
}

std::vector<Mistake> mistakes() {
  std::vector<Mistake> all;
  const Add add = [&](const char* name, Function function) -> Mistake& {
    all.push_back({name, function});
    return all.back();
  };
  add_to_convolutions(add);
  add_to_upsampling(add);
  add_to_shape_helpers(add);
  return all;
}

TEST(JudgeComposed, FindsEveryMistakeInTheLowering) {
  for (const Mistake& mistake : mistakes()) {
    EXPECT_THAT(failed(mistake), testing::Not(testing::IsEmpty())) << mistake.name;
  }
}

TEST(JudgeComposed, PassesTheFunctionsAsTheyAre) {
  const BackendPtr backend = backend_named("reference");
  std::int64_t passed = 0;
  for (const Case& c : cases()) {
    const Verdict verdict = judge_composed(c, backend);
    EXPECT_NE(verdict.outcome, Outcome::Failed) << to_string(c) << ": " << verdict.reason;
    EXPECT_NE(verdict.outcome, Outcome::Broken) << to_string(c) << ": " << verdict.reason;
    passed += verdict.outcome == Outcome::Passed;
  }
  EXPECT_GT(passed, static_cast<std::int64_t>(cases().size()) * 9 / 10);
}

Verdict judged(const std::string& line, const EvaluateFunction& function = evaluate) {
  return judge_composed(read_case(line), backend_named("reference"), function);
}

TEST(JudgeComposed, HoldsFractionsToABoundThatSeesWhatIsLargerThanRounding) {
  const std::string line = "bilinear_upsampling.forward f32 x=1x2x4x5 ratio=3";
  EXPECT_EQ(judged(line).outcome, Outcome::Passed);
  for (const auto& [factor, outcome] :
       {std::pair{1 + 0x1p-23, Outcome::Passed}, std::pair{1 + 0x1p-17, Outcome::Failed}}) {
    const auto scaled = [factor = factor](const Case& c, const NamedTensors& operands,
                                          const BackendPtr& backend) {
      Tensor result = evaluate(c, operands, backend);
      scale(result, factor);
      return result;
    };
    EXPECT_EQ(judged(line, scaled).outcome, outcome) << factor;
  }
}

TEST(JudgeComposed, SaysWhereWhatAndHowManyAreWrong) {
  const auto doubled = [](const Case& c, const NamedTensors& operands, const BackendPtr& backend) {
    Tensor result = evaluate(c, operands, backend);
    scale(result, 2);
    return result;
  };
  EXPECT_THAT(
      judged("causal_conv1d.forward f32 x=1x1x3 w=1x1x1", doubled).reason,
      testing::MatchesRegex("at 0x0x0: expected -?[0-9]+, got -?[0-9]+; 3 of 3 elements are "
                            "not the closed form's, exact integers compared with =="));
}

TEST(JudgeComposed, AnEmptyOrZeroResultIsVacuous) {
  EXPECT_EQ(judged("separable_conv2d.forward f32 x=0x2x5x5 dw=4x1x3x3 pw=2x4x1x1").outcome,
            Outcome::Vacuous);
  EXPECT_EQ(judged("separable_conv2d.forward f32 x=1x0x5x5 dw=0x1x3x3 pw=2x0x1x1").outcome,
            Outcome::Vacuous);
}

TEST(JudgeComposed, WhatThrowsOrHasAnotherShapeFails) {
  const std::string line = "legacy_conv2d.forward f32 x=1x1x3x3 w=1x1x2x2";
  const auto throws = [](const Case&, const NamedTensors&, const BackendPtr&) -> Tensor {
    throw std::runtime_error("no");
  };
  EXPECT_THAT(judged(line, throws).reason, testing::HasSubstr("threw: no"));
  const auto other = [](const Case&, const NamedTensors&, const BackendPtr&) {
    return Tensor({1, 1, 3, 3});
  };
  EXPECT_THAT(judged(line, other).reason, testing::HasSubstr("shape 1x1x3x3, expected 1x1x2x2"));
}

TEST(JudgeComposed, WhatWouldTakeTooLongIsSkippedAtOnce) {
  EXPECT_THAT(
      judged("separable_conv2d.forward f32 x=1x512x99x99 dw=512x1x3x3 pw=512x512x1x1").reason,
      testing::HasSubstr("2^28 products"));
}

TEST(JudgeComposed, SumsTooLongForExactIntegersAreSkipped) {
  EXPECT_EQ(judged("legacy_conv2d.forward bf16 x=1x64x4x4 w=1x64x3x3").outcome, Outcome::Skipped);
}

}  // namespace
}  // namespace convcheck
