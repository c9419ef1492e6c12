// What the operator families keep, infer and refuse.
#include "tests/unit/operators.h"

namespace convcheck {
namespace {

constexpr auto unknown = std::nullopt;

TEST(OperatorParameters, DefaultsAreOnesOnEveryAxis) {
  const AbstractConv3d op;
  EXPECT_EQ(op.convdim(), 3u);
  const AbstractConvParameters expected{.subsample = {1, 1, 1}, .filter_dilation = {1, 1, 1}};
  EXPECT_EQ(op.parameters(), expected);
  EXPECT_EQ(AbstractConv2d_gradInputs().convdim(), 2u);
  EXPECT_EQ(AbstractConv1d_gradWeights().parameters().subsample, (Dims{1}));
}

TEST(OperatorParameters, BordersHaveOneSpelling) {
  const auto border = [](const BorderMode& mode) {
    return AbstractConv2d({.border_mode = mode}).parameters().border_mode;
  };
  EXPECT_EQ(border(2), (BorderMode{2, 2}));
  EXPECT_EQ(border({2, {2, 2}}), (BorderMode{2, 2}));
  EXPECT_EQ(border({0, {0, 0}}), BorderMode(valid));
  EXPECT_EQ(border({1, {0, 2}}), (BorderMode{1, {0, 2}}));
  EXPECT_EQ(border(half), BorderMode(half));
}

TEST(OperatorParameters, EqualOnesMakeEqualOperators) {
  EXPECT_EQ(AbstractConv2d({.border_mode = 0, .subsample = {1, 1}}), AbstractConv2d());
  EXPECT_EQ(AbstractConv2d(), AbstractConv(2));
  EXPECT_FALSE(AbstractConv2d({.filter_flip = false}) == AbstractConv2d());
  EXPECT_FALSE(AbstractConv(2) == AbstractConv(3));
}

TEST(OperatorParameters, WhatNoConvolutionHasIsRefused) {
  const auto refused = [](ErrorKind kind, const std::string& argument,
                          const AbstractConvParameters& parameters) {
    expect_refusal(kind, argument, [&] { AbstractConv2d{parameters}; });
    expect_refusal(kind, argument, [&] { AbstractConv2d_gradInputs{parameters}; });
    expect_refusal(kind, argument, [&] { AbstractConv2d_gradWeights{parameters}; });
  };
  refused(ErrorKind::Stride, "subsample", {.subsample = {1, 0}});
  refused(ErrorKind::Dilation, "filter_dilation", {.filter_dilation = {-1, 1}});
  refused(ErrorKind::Rank, "subsample", {.subsample = {1, 1, 1}});
  refused(ErrorKind::Rank, "filter_dilation", {.filter_dilation = {1}});
  refused(ErrorKind::Groups, "num_groups", {.num_groups = 0});
  refused(ErrorKind::BorderMode, "border_mode", {.border_mode = -1});
  refused(ErrorKind::BorderMode, "border_mode", {.border_mode = {1, 1, 1}});
  refused(ErrorKind::BorderMode, "border_mode", {.border_mode = {half, 1}});
  refused(ErrorKind::Rank, "imshp", {.imshp = {1, 2, 3}});
  refused(ErrorKind::Rank, "kshp", {.kshp = {1, 2, 3, 4}, .unshared = true});
  expect_refusal(ErrorKind::Rank, "convdim", [] { AbstractConv(0); });
  expect_refusal(ErrorKind::Rank, "convdim", [] { AbstractConv(4); });
}

TEST(InferShape, IsTheShapeOfTheResult) {
  for (const OperatorCase& c : operator_cases()) {
    SCOPED_TRACE(c.name);
    const Shape y = c.y(), x_shape = c.spatial(c.x), w_shape = c.spatial(c.w);
    EXPECT_EQ(AbstractConv(c.convdim, c.parameters).infer_shape(c.x, c.w), optional_shape(y));
    EXPECT_EQ(AbstractConv_gradInputs(c.convdim, c.parameters).infer_shape(c.w, y, x_shape),
              optional_shape(c.x));
    EXPECT_EQ(AbstractConv_gradWeights(c.convdim, c.parameters).infer_shape(c.x, y, w_shape),
              optional_shape(c.w));
  }
}

TEST(InferShape, WhatIsUnknownStaysUnknownUnlessDeclared) {
  const AbstractConv2d plain({.border_mode = half});
  EXPECT_EQ(plain.infer_shape({unknown, 3, 8, unknown}, {4, 3, 3, 3}),
            (OptionalShape{unknown, 4, 8, unknown}));
  EXPECT_EQ(plain.infer_shape({}, {}), OptionalShape(4));
  const AbstractConv2d declared(
      {.imshp = {2, 3, unknown, 9}, .kshp = {4, 3, 3, 3}, .border_mode = half});
  EXPECT_EQ(declared.infer_shape({}, {}), (OptionalShape{2, 4, unknown, 9}));
  EXPECT_EQ(declared.infer_shape({unknown, unknown, 8, unknown}, {}), (OptionalShape{2, 4, 8, 9}));
}

TEST(InferShape, OfGradientsCountsGroupsAndRegions) {
  const AbstractConv2d_gradInputs inputs({.num_groups = 2});
  EXPECT_EQ(inputs.infer_shape({unknown, 3, unknown, unknown}, {}, {8, 9}),
            (OptionalShape{unknown, 6, 8, 9}));
  const AbstractConv2d_gradWeights weights({.num_groups = 2, .unshared = true});
  EXPECT_EQ(weights.infer_shape({unknown, 6, unknown, unknown}, {unknown, 4, 7, unknown}, {2, 3}),
            (OptionalShape{4, 7, unknown, 3, 2, 3}));
  expect_refusal(ErrorKind::Groups, "num_groups", [&] {
    weights.infer_shape({unknown, 5, unknown, unknown}, {}, {2, 3});
  });
}

TEST(InferShape, RefusesWhatContradictsItself) {
  const AbstractConv2d declared({.imshp = {2, 3, unknown, 9}});
  expect_refusal(ErrorKind::InputShape, "input[1]", [&] {
    declared.infer_shape({unknown, 4, 8, 9}, {});
  });
  expect_refusal(ErrorKind::Rank, "filters", [&] { declared.infer_shape({}, {4, 3, 3}); });
  expect_refusal(ErrorKind::Channels, "filters' channels", [&] {
    declared.infer_shape({2, 3, 8, 9}, {4, 2, 3, 3});
  });
  const AbstractConv2d_gradInputs inputs;
  expect_refusal(ErrorKind::Rank, "shape", [&] { inputs.infer_shape({}, {}, {8}); });
  expect_refusal(ErrorKind::OutputShape, "output_grad's shape", [&] {
    inputs.infer_shape({4, 3, 3, 3}, {2, 4, 6, 6}, {8, 9});
  });
}

TEST(Operators, DeclaredShapesAreCheckedAtEveryCall) {
  const Tensor x = counting({2, 3, 4, 5}), w = counting({4, 3, 2, 2}), y = counting({2, 4, 3, 4});
  const AbstractConvParameters wrong_input{.imshp = {2, 3, 4, 6}},
      wrong_filters{.kshp = {4, 3, 2, 3}};
  expect_refusal(ErrorKind::InputShape, "imshp[3]", [&] { AbstractConv2d{wrong_input}(x, w); });
  expect_refusal(ErrorKind::FilterShape, "kshp[3]", [&] { AbstractConv2d{wrong_filters}(x, w); });
  expect_refusal(ErrorKind::InputShape, "input_grad[3]", [&] {
    AbstractConv2d_gradInputs{wrong_input}(w, y, {4, 5});
  });
  expect_refusal(ErrorKind::InputShape, "filters_grad[3]", [&] {
    AbstractConv2d_gradWeights{wrong_filters}(x, y, {2, 2});
  });
  EXPECT_EQ(AbstractConv2d({.imshp = {unknown, 3, unknown, 5}, .kshp = {4, 3, 2, 2}})(x, w).shape(),
            y.shape());
}

TEST(Operators, OperandsOfAnotherRankAreRefused) {
  const Tensor x = counting({2, 3, 4, 5}), w = counting({4, 3, 2, 2}), y = counting({2, 4, 3, 4});
  expect_refusal(ErrorKind::Rank, "input", [&] { AbstractConv3d()(x, w); });
  expect_refusal(ErrorKind::Rank, "filters", [&] { AbstractConv2d({.unshared = true})(x, w); });
  expect_refusal(ErrorKind::Rank, "output_grad", [&] {
    AbstractConv2d_gradInputs()(w, counting({2, 4, 3}), {4, 5});
  });
  expect_refusal(ErrorKind::Rank, "shape", [&] { AbstractConv2d_gradWeights()(x, y, {2, 2, 2}); });
}

}  // namespace
}  // namespace convcheck
