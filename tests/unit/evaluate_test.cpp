#include "fast/evaluate.h"

#include "fast/conv.h"
#include "tests/unit/composed.h"

namespace convcheck {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

Case f64(Function function, std::size_t rank) {
  Case c;
  c.function = function;
  c.rank = rank;
  c.x_type = c.w_type = c.y_type = DataType::F64;
  c.subsample = c.dilation = Dims(rank, 1);
  return c;
}

Case conv1d_case() {
  Case c = f64(Function::Conv, 1);
  c.x = {1, 1, 3};
  c.w = {1, 1, 2};
  return c;
}

const NamedTensors kThreeAndTwo{{"x", Tensor({1, 1, 3}, {1, 2, 3}, DataType::F64)},
                                {"w", Tensor({1, 1, 2}, {1, 10}, DataType::F64)},
                                {"dy", Tensor({1, 1, 2}, {1, 100}, DataType::F64)}};

std::vector<double> of_part(Case c, Part part) {
  c.part = part;
  return evaluate(c, kThreeAndTwo, automatic()).values();
}

TEST(Evaluate, ConvAndItsGradients) {
  const Case c = conv1d_case();
  EXPECT_THAT(of_part(c, Part::Forward), ElementsAre(12, 23));
  EXPECT_THAT(of_part(c, Part::GradInputs), ElementsAre(10, 1001, 100));
  EXPECT_THAT(of_part(c, Part::GradWeights), ElementsAre(302, 201));
}

TEST(Evaluate, ParametersOfTheCaseCount) {
  Case c = conv1d_case();
  c.border = {AxisBorder(1, 2)};
  c.subsample = {2};
  c.dilation = {2};
  c.flip = false;
  EXPECT_THAT(of_part(c, Part::Forward), ElementsAre(20, 2));
}

TEST(Evaluate, EveryRankOfConv) {
  for (std::size_t rank = 1; rank <= 3; ++rank) {
    Case c = f64(Function::Conv, rank);
    c.x = c.w = Shape(2 + rank, 1);
    for (const Part part : {Part::Forward, Part::GradInputs, Part::GradWeights}) {
      c.part = part;
      const Tensor one = counting(c.x, 2);
      EXPECT_THAT(evaluate(c, {{"x", one}, {"w", one}, {"dy", one}}, automatic()).values(),
                  ElementsAre(4));
    }
  }
}

TEST(Evaluate, ConvTransposeAndItsGradients) {
  Case c = f64(Function::ConvTranspose, 2);
  c.x = {1, 1, 1, 2};
  c.w = {1, 1, 1, 2};
  c.y = {1, 1, 1, 3};
  c.flip = false;
  const Tensor x({1, 1, 1, 2}, {1, 2}, DataType::F64), w({1, 1, 1, 2}, {1, 10}, DataType::F64);
  const NamedTensors operands{
      {"x", x}, {"w", w}, {"dy", Tensor({1, 1, 1, 3}, {1, 2, 3}, DataType::F64)}};
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(1, 12, 20));
  c.part = Part::GradInputs;
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(21, 32));
  c.part = Part::GradWeights;
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(5, 8));
}

TEST(Evaluate, SeparableConvAndItsGradients) {
  Case c = f64(Function::SeparableConv, 2);
  c.x = {1, 1, 1, 2};
  c.dw = {2, 1, 1, 1};
  c.pw = {1, 2, 1, 1};
  const NamedTensors operands{{"x", counting(c.x)},
                              {"dw", counting(c.dw, 3)},
                              {"pw", counting(c.pw, 5)},
                              {"dy", counting({1, 1, 1, 2}, 1)}};
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(39, 78));
  c.part = Part::GradInputs;
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(39, 78));
  c.part = Part::GradDepthwise;
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(25, 30));
  c.part = Part::GradPointwise;
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(15, 20));
}

TEST(Evaluate, CausalConv3d2dAndLegacyOfOneRow) {
  Case c = f64(Function::CausalConv1d, 1);
  c.x = {1, 1, 3};
  c.w = {1, 1, 2};
  EXPECT_THAT(of_part(c, Part::Forward), ElementsAre(1, 12, 23));
  const auto reshaped_operands = [](const Shape& x, const Shape& w) {
    return NamedTensors{{"x", counting(x)}, {"w", Tensor(w, {1, 10}, DataType::F64)}};
  };
  c = f64(Function::Conv3d2d, 3);
  c.x = {1, 3, 1, 1, 1};
  c.w = {1, 2, 1, 1, 1};
  EXPECT_THAT(evaluate(c, reshaped_operands(c.x, c.w), automatic()).values(), ElementsAre(12, 23));
  c = f64(Function::LegacyConv2d, 2);
  c.x = {1, 1, 1, 3};
  c.w = {1, 1, 1, 2};
  EXPECT_THAT(evaluate(c, reshaped_operands(c.x, c.w), automatic()).values(), ElementsAre(12, 23));
}

TEST(Evaluate, AStridedFullLegacyGradientHasTheShapesThatItNeeds) {
  Case c = f64(Function::LegacyConv2d, 2);
  c.x = {1, 1, 1, 2};
  c.w = {1, 1, 1, 2};
  c.border = full;
  c.subsample = {1, 2};
  c.part = Part::GradInputs;
  const NamedTensors operands{{"w", Tensor(c.w, {1, 10}, DataType::F64)},
                              {"dy", counting({1, 1, 1, 2})}};
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(1, 20));
}

TEST(Evaluate, BilinearFunctions) {
  Case c = f64(Function::BilinearUpsampling, 2);
  c.x = {1, 1, 1, 2};
  c.ratio = {{2, 1}};
  NamedTensors operands{{"x", counting(c.x)}};
  const std::vector<double> row{1, 1.5, 2, 2, 1, 1.5, 2, 2};
  EXPECT_EQ(evaluate(c, operands, automatic()).values(), row);
  c.function = Function::FracBilinearUpsampling;
  c.ratio = {{4, 2}};
  EXPECT_EQ(evaluate(c, operands, automatic()).values(), row);
  c.ratio = {{1, 1}, {4, 2}};
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(1, 1.5, 2, 2));
  c.part = Part::GradInputs;
  operands = {{"dy", counting({1, 1, 1, 4})}};
  EXPECT_THAT(evaluate(c, operands, automatic()).values(), ElementsAre(2, 8));
}

TEST(Evaluate, BilinearKernels) {
  Case c = f64(Function::BilinearKernel1D, 1);
  c.ratio = {{2, 1}};
  EXPECT_THAT(evaluate(c, {}, automatic()).values(), ElementsAre(.5, 1, .5));
  c.function = Function::BilinearKernel2D;
  c.ratio = {{1, 1}, {2, 1}};
  c.normalize = false;
  const Tensor kernel = evaluate(c, {}, automatic());
  EXPECT_EQ(kernel.shape(), (Shape{1, 3}));
  EXPECT_THAT(kernel.values(), ElementsAre(1, 2, 1));
  c.ratio = {{3, 2}};
  expect_refusal(ErrorKind::Ratio, "ratio", [&] { evaluate(c, {}, automatic()); });
}

TEST(Evaluate, ComputesInTheWidestTypeAndReturnsTheCases) {
  Case c = conv1d_case();
  c.x_type = c.w_type = DataType::BF16;
  c.y_type = DataType::F32;
  NamedTensors operands;
  for (const auto& [name, tensor] : kThreeAndTwo)
    operands[name] = Tensor::copy_of(tensor, DataType::BF16);
  operands["x"] = Tensor({1, 1, 3}, {1, 0.5, 256}, DataType::BF16);
  const Tensor y = evaluate(c, operands, automatic());
  EXPECT_EQ(y.type(), DataType::F32);
  EXPECT_THAT(y.values(), ElementsAre(10.5, 261));  // 261 is not a bf16
  c.y_type = DataType::BF16;
  EXPECT_EQ(evaluate(c, operands, automatic()).type(), DataType::BF16);
  c.x_type = DataType::F16;
  c.part = Part::GradInputs;
  EXPECT_EQ(evaluate(c, operands, automatic()).type(), DataType::F16);
}

TEST(Evaluate, ALayoutDoesNotChangeTheResult) {
  Case c = f64(Function::Conv, 2);
  c.x = {2, 3, 4, 5};
  c.w = {2, 3, 2, 2};
  const NamedTensors operands{{"x", scrambled(c.x)}, {"w", scrambled(c.w, 2)}};
  const std::vector<double> expected = evaluate(c, operands, automatic()).values();
  c.layout = "nhwc";
  EXPECT_EQ(evaluate(c, operands, automatic()).values(), expected);
  c.layout = "nchwx";
  expect_refusal(ErrorKind::Syntax, "layout", [&] { evaluate(c, operands, automatic()); });
}

// Remembers the strides that it was called with.
class Spy final : public Backend {
 public:
  std::string name() const override { return "spy"; }
  DataType accumulator(DataType type) const override { return type; }
  Claims claims() const override { return {}; }
  Support supports(const ConvProblem&, const Operands&) const override { return Support::yes(); }
  std::size_t workspace_bytes(const ConvProblem&, const Operands&,
                              const RunContext&) const override {
    return 0;
  }
  void run(const ConvProblem&, const Operands& operands, std::span<std::byte>,
           const RunContext&) const override {
    x = operands.x.strides;
    w = operands.w.strides;
  }
  mutable Strides x, w;
};

TEST(Evaluate, TheLayoutReachesTheBackend) {
  Case c = f64(Function::Conv, 2);
  c.x = {2, 3, 4, 5};
  c.w = {2, 3, 4, 4};
  c.layout = "nhwc";
  const auto spy = std::make_shared<Spy>();
  evaluate(c, {{"x", counting(c.x)}, {"w", counting(c.w)}}, spy);
  EXPECT_EQ(spy->x, (Strides{60, 1, 15, 3}));
  EXPECT_EQ(spy->w, (Strides{48, 1, 12, 3}));
  c.unshared = true;
  c.w = {2, 1, 2, 3, 4, 4};
  evaluate(c, {{"x", counting(c.x)}, {"w", counting(c.w)}}, spy);
  EXPECT_EQ(spy->w, (Strides{96, 96, 48, 1, 12, 3}));
}

TEST(Evaluate, AMissingOrOtherOperandIsRefused) {
  const Case c = conv1d_case();
  expect_refusal(ErrorKind::Syntax, "operand w", [&] {
    evaluate(c, {{"x", kThreeAndTwo.at("x")}}, automatic());
  });
  expect_refusal(ErrorKind::InputShape, "operand w", [&] {
    evaluate(c, {{"x", kThreeAndTwo.at("x")}, {"w", counting({1, 1, 3})}}, automatic());
  });
}

TEST(Evaluate, AGradientWithRespectToNoArgumentIsRefused) {
  Case c = conv1d_case();
  c.part = Part::GradPointwise;
  expect_refusal(ErrorKind::Syntax, "gradient", [&] { evaluate(c, kThreeAndTwo, automatic()); });
  expect_refusal(ErrorKind::Syntax, "gradient", [&] { operand_shapes(c); });
}

TEST(Evaluate, AnImpossibleCaseIsTheFunctionsError) {
  Case c = conv1d_case();
  c.groups = 2;
  expect_refusal(ErrorKind::Groups, "num_groups", [&] { evaluate(c, kThreeAndTwo, automatic()); });
  c = conv1d_case();
  c.w = {1, 1, 4};
  expect_refusal(ErrorKind::OutputShape, "output extent[0]", [&] {
    evaluate(c, {{"x", kThreeAndTwo.at("x")}, {"w", counting(c.w)}}, automatic());
  });
  EXPECT_THROW(operand_shapes(c), ConvError);
}

TEST(OperandShapes, NameWhatThePartReadsAndItsResult) {
  Case c = conv1d_case();
  EXPECT_THAT(operand_shapes(c),
              UnorderedElementsAre(Pair("x", Shape{1, 1, 3}), Pair("w", Shape{1, 1, 2}),
                                   Pair("result", Shape{1, 1, 2})));
  c.part = Part::GradInputs;
  EXPECT_THAT(operand_shapes(c),
              UnorderedElementsAre(Pair("dy", Shape{1, 1, 2}), Pair("w", Shape{1, 1, 2}),
                                   Pair("result", Shape{1, 1, 3})));
  c = f64(Function::SeparableConv, 2);
  c.x = {1, 2, 5, 5};
  c.dw = {4, 1, 3, 3};
  c.pw = {2, 4, 1, 1};
  c.part = Part::GradDepthwise;
  EXPECT_THAT(operand_shapes(c),
              UnorderedElementsAre(Pair("x", c.x), Pair("pw", c.pw), Pair("dy", Shape{1, 2, 3, 3}),
                                   Pair("result", c.dw)));
}

TEST(OperandShapes, OfComposedFunctions) {
  const auto result = [](const Case& c) { return operand_shapes(c).at("result"); };
  Case c = f64(Function::CausalConv1d, 1);
  c.x = {1, 2, 5};
  c.w = {2, 2, 3};
  c.subsample = {2};
  EXPECT_EQ(result(c), (Shape{1, 2, 3}));
  c = f64(Function::Conv3d2d, 3);
  c.x = {2, 5, 3, 6, 5};
  c.w = {4, 2, 3, 3, 2};
  c.border = {valid, half, half};
  EXPECT_EQ(result(c), (Shape{2, 4, 4, 6, 6}));
  c = f64(Function::FracBilinearUpsampling, 2);
  c.x = {1, 2, 3, 4};
  c.ratio = {{3, 2}, {1, 2}};
  EXPECT_EQ(result(c), (Shape{1, 2, 5, 2}));
  c = f64(Function::BilinearKernel2D, 2);
  c.ratio = {{2, 1}, {3, 1}};
  EXPECT_EQ(operand_shapes(c), (std::map<std::string, Shape>{{"result", {3, 5}}}));
  c = parse_case("conv2d_transpose.forward f64 x=2x2x4x4 w=2x1x4x4 y=2x1x10x10 subsample=2");
  EXPECT_EQ(result(c), c.y);
}

}  // namespace
}  // namespace convcheck
