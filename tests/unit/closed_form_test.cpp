// The closed forms give the worked numbers of the documentation.
#include "checker/closed_forms/closed_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace convcheck {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

using Operands = std::map<std::string, std::vector<double>>;

ClosedResult result_of(const std::string& line, const Operands& values) {
  const Case c = parse_case(line);
  const ClosedForm form = closed_form(c);
  std::map<std::string, Tensor> operands;
  for (const auto& [name, shape] : closed_operands(form, c.part)) {
    operands[name] = Tensor(shape, values.at(name), DataType::F64);
  }
  return closed_result(form, c.part, operands);
}

std::vector<double> values_of(const std::string& line, const Operands& values) {
  const double denominator = closed_form(parse_case(line)).denominator;
  std::vector<double> all;
  for (const ClosedSum& sum : result_of(line, values).sums) all.push_back(sum.value / denominator);
  return all;
}

std::vector<double> repeated(std::size_t count, double value) {
  return std::vector<double>(count, value);
}

TEST(ClosedForm, OfConvTransposeOfOnesIsTheDocumentedPattern) {
  const std::vector<double> pattern{1, 1, 2, 2, 2, 2, 2, 2, 1, 1};
  std::vector<double> expected;
  for (int image = 0; image < 2; ++image) {
    for (const double row : pattern) {
      for (const double column : pattern) expected.push_back(2 * row * column);
    }
  }
  EXPECT_THAT(values_of("conv2d_transpose.forward f64 x=2x2x4x4 w=2x1x4x4 y=2x1x10x10 subsample=2",
                        {{"x", repeated(64, 1)}, {"w", repeated(32, 1)}}),
              ElementsAreArray(expected));
}

// The gradient of conv2d with respect to its input, SPEC 4.2.
TEST(ClosedForm, OfConvTransposeGivesTheDocumentedGradients) {
  const std::vector<double> one_to_nine{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const std::string line = "conv2d_transpose.forward f64 x=1x1x3x3 w=1x1x2x2 y=1x1x4x4";
  const Operands operands{{"x", one_to_nine}, {"w", {1, 2, 3, 4}}};
  EXPECT_THAT(values_of(line, operands),
              ElementsAre(4, 11, 18, 9, 18, 37, 47, 21, 36, 67, 77, 33, 14, 23, 26, 9));
  EXPECT_THAT(values_of(line + " noflip", operands),
              ElementsAre(1, 4, 7, 6, 7, 23, 33, 24, 19, 53, 63, 42, 21, 52, 59, 36));
  const std::string wide =
      "conv2d_transpose.forward f64 x=1x1x2x2 w=1x1x3x3 y=1x1x6x6 subsample=2 noflip";
  EXPECT_THAT(values_of(wide, {{"x", {1, 2, 3, 4}}, {"w", one_to_nine}}),
              ElementsAre(1, 2, 5, 4, 6, 0, 4, 5, 14, 10, 12, 0, 10, 14, 36, 24, 30, 0, 12, 15, 34,
                          20, 24, 0, 21, 24, 55, 32, 36, 0, 0, 0, 0, 0, 0, 0));
}

TEST(ClosedForm, OfSeparableConvGivesTheDocumentedNumbers) {
  const Operands operands{
      {"x", {1, 2, 3, 4, 5, 3, 2, 1, 4, 5, 3, 3, 1, 3, 6, 5, 3, 2, 1, 1, 4, 7, 1, 2, 1,
             3, 3, 1, 2, 6, 6, 5, 4, 3, 1, 3, 4, 5, 2, 3, 6, 4, 1, 3, 4, 2, 3, 4, 2, 5}},
      {"dw", {3, 2, 1, 5, 3, 2, 6, 4, 2, 5, 5, 2, 3, 7, 4, 3, 5, 4,
              7, 4, 7, 5, 3, 3, 1, 3, 1, 4, 4, 4, 2, 4, 6, 0, 0, 7}},
      {"pw", {4, 1, 3, 5, 2, 1, 2, 8}}};
  EXPECT_THAT(values_of("separable_conv2d.forward f64 x=1x2x5x5 dw=4x1x3x3 pw=2x4x1x1", operands),
              ElementsAre(1385, 1333, 1339, 1382, 1243, 1291, 1303, 1120, 1228, 1532, 1410, 1259,
                          1522, 1346, 1314, 1379, 1192, 1286));
}

TEST(ClosedForm, OfCausalConvGivesTheDocumentedNumbers) {
  const Operands operands{{"x", {2, 4, 9, 5, 8, 0, 0, 4, 0, 5}},
                          {"w", {5, 3, 1, 3, 1, 0, 6, 4, 9, 2, 2, 7}}};
  const std::string line = "causal_conv1d.forward f64 x=1x2x5 w=2x2x3";
  EXPECT_THAT(values_of(line, operands), ElementsAre(10, 26, 71, 60, 79, 12, 32, 96, 110, 187));
  EXPECT_THAT(values_of(line + " noflip", operands),
              ElementsAre(2, 10, 31, 56, 80, 18, 44, 137, 113, 189));
  EXPECT_THAT(values_of(line + " dilation=2", operands),
              ElementsAre(10, 20, 63, 37, 88, 12, 24, 70, 46, 120));
  EXPECT_THAT(values_of(line + " dilation=2 noflip", operands),
              ElementsAre(2, 4, 15, 17, 49, 18, 36, 117, 61, 163));
  EXPECT_THAT(values_of(line + " subsample=2", operands), ElementsAre(10, 71, 79, 12, 96, 187));
}

// conv3d with one image, channel and filter, where the order of axes does not matter: SPEC 4.1.
TEST(ClosedForm, OfConv3d2dGivesTheNumbersOfConv3d) {
  const std::vector<double> one_to_eight{1, 2, 3, 4, 5, 6, 7, 8};
  const Operands operands{{"x", one_to_eight}, {"w", one_to_eight}};
  const std::string line = "conv3d2d.forward f64 x=1x2x1x2x2 w=1x2x1x2x2";
  EXPECT_THAT(values_of(line, operands), ElementsAre(120));
  EXPECT_THAT(values_of(line + " border=full", operands),
              ElementsAre(1, 4, 4, 6, 20, 16, 9, 24, 16, 10, 32, 24, 44, 120, 80, 42, 104, 64, 25,
                          60, 36, 70, 164, 96, 49, 112, 64));
  EXPECT_EQ(result_of("conv3d2d.forward f64 x=2x5x3x6x7 w=4x2x3x3x2 border=half,valid,full",
                      {{"x", repeated(1260, 1)}, {"w", repeated(144, 1)}})
                .shape,
            (Shape{2, 6, 4, 4, 8}));
}

TEST(ClosedForm, OfLegacyConvGivesTheNumbersOfConv2d) {
  const std::vector<double> image{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  const Operands operands{{"x", image}, {"w", {1, 2, 3, 4}}};
  const std::string line = "legacy_conv2d.forward f64 x=1x1x4x4 w=1x1x2x2";
  EXPECT_THAT(values_of(line, operands), ElementsAre(26, 36, 46, 66, 76, 86, 106, 116, 126));
  EXPECT_THAT(values_of(line + " border=full", operands),
              ElementsAre(1, 4, 7, 10, 8, 8, 26, 36, 46, 32, 24, 66, 76, 86, 56, 40, 106, 116, 126,
                          80, 39, 94, 101, 108, 64));
  EXPECT_THAT(values_of(line + " border=full subsample=2x1", operands),
              ElementsAre(1, 4, 7, 10, 8, 24, 66, 76, 86, 56, 39, 94, 101, 108, 64));
}

TEST(ClosedForm, OfUpsamplingGivesTheDocumentedNumbers) {
  const Operands operands{{"x", {1, 2, 3, 4}}};
  EXPECT_THAT(values_of("bilinear_upsampling.forward f64 x=1x1x2x2 ratio=2", operands),
              ElementsAre(1, 1.5, 2, 2, 2, 2.5, 3, 3, 3, 3.5, 4, 4, 3, 3.5, 4, 4));
  const std::vector<double> thrice =
      values_of("bilinear_upsampling.forward f64 x=1x1x2x2 ratio=3", operands);
  EXPECT_THAT(std::vector<double>(thrice.begin(), thrice.begin() + 6),
              ElementsAre(1, 1, 4 / 3.0, 5 / 3.0, 2, 2));
  const std::vector<double> expected{1,        1.2,      1.8,      2,        9 / 7.0,  1.485714,
                                     2.085714, 2.285714, 17 / 7.0, 2.628571, 3.228571, 3.428571,
                                     3,        3.2,      3.8,      4};
  EXPECT_THAT(values_of("frac_bilinear_upsampling.forward f64 x=1x1x2x2 ratio=7/4,5/3", operands),
              testing::Pointwise(testing::DoubleNear(1e-6), expected));
  EXPECT_EQ(
      closed_form(parse_case("frac_bilinear_upsampling.forward f64 x=1x1x200x200 ratio=24/20"))
          .shapes.back(),
      (Shape{1, 1, 240, 240}));
}

TEST(ClosedForm, OfKernelsIsThePyramid) {
  EXPECT_THAT(values_of("bilinear_kernel_1D.forward f64 ratio=3 unnormalized", {}),
              ElementsAre(1, 2, 3, 2, 1));
  EXPECT_THAT(values_of("bilinear_kernel_2D.forward f64 ratio=2", {}),
              ElementsAre(.25, .5, .25, .5, 1, .5, .25, .5, .25));
}

TEST(ClosedForm, CountsProductsAndTheirMagnitude) {
  const ClosedResult result =
      result_of("causal_conv1d.forward f64 x=1x1x3 w=1x1x2", {{"x", {1, -2, 3}}, {"w", {-1, 1}}});
  ASSERT_EQ(result.sums.size(), 3u);
  EXPECT_EQ(result.sums[0].terms, 1);
  EXPECT_EQ(result.sums[2].terms, 2);
  EXPECT_EQ(result.sums[2].value, -3 - 2);
  EXPECT_EQ(result.sums[1].value, 2 + 1);
  EXPECT_EQ(result.sums[1].magnitude, 3);
}

TEST(ClosedForm, RefusesWhatHasNoValue) {
  const auto kind_of = [](Case c, const std::function<void(Case&)>& spoil) {
    spoil(c);
    try {
      closed_form(c);
    } catch (const ConvError& error) {
      return std::string(to_string(error.kind()));
    }
    return std::string("none");
  };
  const Case separable = parse_case("separable_conv2d.forward f64 x=1x2x5x5 dw=4x1x3x3 pw=2x4x1x1");
  EXPECT_EQ(kind_of(separable, [](Case& c) { c.x[2] = 2; }), to_string(ErrorKind::OutputShape));
  EXPECT_EQ(kind_of(separable, [](Case& c) { c.dw[0] = 3; }), to_string(ErrorKind::Groups));
  EXPECT_EQ(kind_of(separable, [](Case& c) { c.pw[1] = 3; }), to_string(ErrorKind::Channels));
  const Case upsampling = parse_case("bilinear_upsampling.forward f64 x=1x2x4x5 ratio=2");
  EXPECT_EQ(kind_of(upsampling, [](Case& c) { c.x[3] = 0; }), to_string(ErrorKind::InputShape));
  EXPECT_EQ(kind_of(parse_case("conv2d.forward f64 x=1x2x4x5 w=1x2x1x1"), [](Case&) {}),
            to_string(ErrorKind::Unsupported));
}

}  // namespace
}  // namespace convcheck
