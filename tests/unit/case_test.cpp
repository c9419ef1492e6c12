#include "reference/case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace convcheck {
namespace {

using testing::HasSubstr;

// The canonical spelling of a line.
std::string canonical(const std::string& line) { return to_string(parse_case(line)); }

void expect_refused(const std::string& line, const std::string& argument,
                    const std::string& value) {
  try {
    parse_case(line);
    ADD_FAILURE() << line << " was read";
  } catch (const ConvError& error) {
    EXPECT_EQ(error.argument(), argument) << line;
    EXPECT_THAT(error.value(), HasSubstr(value)) << line;
  }
}

TEST(CaseLine, EveryFunctionHasOneThatIsItsOwnCanonicalSpelling) {
  for (const char* line : {
           "conv1d.forward f32 x=1x1x3 w=1x1x2",
           "conv2d.forward f32 x=2x3x8x9 w=4x3x3x3 border=1,(0,2) subsample=1x2 noflip seed=7",
           "conv3d.grad_inputs f64 x=1x2x5x5x5 w=2x2x3x3x3 border=half",
           "conv2d.grad_weights f32 x=8x64x28x28 w=64x64x3x3 border=half layout=nhwc",
           "conv2d.forward f32 x=2x4x6x7 w=6x5x6x2x2x2 dilation=1x1 groups=2 unshared",
           "conv2d.forward types=bf16,bf16,f32 acc=f32 x=1x1x4x4 w=1x1x2x2 fill=wide",
           "conv2d_transpose.forward f32 x=2x2x4x4 w=2x1x4x4 y=2x1x10x10 subsample=2x2",
           "conv3d_transpose.grad_weights f16 x=1x2x2x2x2 w=2x1x1x1x1 y=1x1x2x2x2",
           "separable_conv2d.grad_pointwise f32 x=1x2x5x5 dw=4x1x3x3 pw=2x4x1x1",
           "separable_conv3d.grad_depthwise f32 x=1x2x5x5x5 dw=4x1x3x3x3 pw=2x4x1x1x1 noflip",
           "causal_conv1d.grad_inputs f32 x=2x3x9 w=4x3x3 subsample=2 dilation=2",
           "conv3d2d.forward f32 x=1x4x2x5x5 w=3x2x2x3x3 border=half,valid,valid",
           "legacy_conv2d.forward f32 x=1x2x5x5 w=3x2x3x3 border=full subsample=2x2",
           "bilinear_upsampling.grad_inputs f32 x=1x2x4x5 ratio=2 2D_kernel",
           "bilinear_upsampling.forward f32 x=1x2x4x5 ratio=2,3/2",
           "frac_bilinear_upsampling.forward f32 x=1x2x4x5 ratio=3/2 name=a_b.c:d/e+f-g",
           "bilinear_kernel_1D.forward f64 ratio=3 unnormalized",
           "bilinear_kernel_2D.forward f64 ratio=3,2",
       }) {
    const std::string line_of_ones = "conv2d.forward f32 x=2x4x6x7 w=6x5x6x2x2x2 groups=2 unshared";
    const std::string expected =
        std::string(line).find("dilation=1x1") == std::string::npos ? line : line_of_ones;
    EXPECT_EQ(canonical(line), expected);
    EXPECT_EQ(parse_case(canonical(line)), parse_case(line));
  }
}

TEST(CaseLine, DefaultsAndOtherSpellingsGiveTheCanonicalOne) {
  const std::string expected = "conv2d.forward f32 x=2x3x8x9 w=4x3x3x3 border=1 subsample=2x2";
  EXPECT_EQ(canonical("conv2d.forward w=4x3x3x3 x=2x3x8x9 subsample=2 border=(1,1),1 f32 groups=1 "
                      "dilation=1x1 seed=1 fill=narrow"),
            expected);
  EXPECT_EQ(canonical("  conv2d.forward\tf32  x=2x3x8x9 w=4x3x3x3 border=1,1 subsample=2x2 \r"),
            expected);
  EXPECT_EQ(canonical("conv2d.forward types=f32,f32,f32 x=1x1x1x1 w=1x1x1x1 border=0,0"),
            "conv2d.forward f32 x=1x1x1x1 w=1x1x1x1");
  EXPECT_EQ(canonical("conv1d.forward f32 x=1x1x3 w=1x1x2 border=(2,0)"),
            "conv1d.forward f32 x=1x1x3 w=1x1x2 border=(2,0)");
  EXPECT_EQ(canonical("frac_bilinear_upsampling.forward f32 x=1x1x2x2 ratio=4/1"),
            "frac_bilinear_upsampling.forward f32 x=1x1x2x2 ratio=4");
}

TEST(CaseLine, ReadsEveryField) {
  const Case c = parse_case(
      "conv3d.grad_weights types=f16,bf16,f64 acc=f32 x=2x4x5x6x7 w=6x2x1x2x3 "
      "border=0,(1,2),3 subsample=1x2x3 dilation=3x2x1 groups=2 noflip layout=nhwc fill=wide "
      "seed=18446744073709551615 name=net:layer");
  EXPECT_EQ(c.function, Function::Conv);
  EXPECT_EQ(c.rank, 3u);
  EXPECT_EQ(c.part, Part::GradWeights);
  EXPECT_EQ(c.x_type, DataType::F16);
  EXPECT_EQ(c.w_type, DataType::BF16);
  EXPECT_EQ(c.y_type, DataType::F64);
  EXPECT_EQ(c.accumulator, DataType::F32);
  EXPECT_EQ(c.x, (Shape{2, 4, 5, 6, 7}));
  EXPECT_EQ(c.w, (Shape{6, 2, 1, 2, 3}));
  EXPECT_EQ(c.border, (BorderMode{0, {1, 2}, 3}));
  EXPECT_EQ(c.subsample, (Dims{1, 2, 3}));
  EXPECT_EQ(c.dilation, (Dims{3, 2, 1}));
  EXPECT_EQ(c.groups, 2);
  EXPECT_FALSE(c.flip);
  EXPECT_FALSE(c.unshared);
  EXPECT_EQ(c.layout, "nhwc");
  EXPECT_EQ(c.fill, "wide");
  EXPECT_EQ(c.seed, UINT64_MAX);
  EXPECT_EQ(c.name, "net:layer");
}

TEST(CaseLine, ARefusalNamesTheFieldAndItsText) {
  const std::string conv = "conv2d.forward f32 x=2x3x8x9 w=4x3x3x3";
  expect_refused("", "function", "''");
  expect_refused("# comment", "function", "#");
  expect_refused("conv4d.forward f32", "function", "conv4d.forward");
  expect_refused("conv2d f32 x=2x3x8x9 w=4x3x3x3", "part", "''");
  expect_refused("conv2d.backward f32 x=2x3x8x9 w=4x3x3x3", "part", "backward");
  expect_refused("conv2d.grad_pointwise f32 x=2x3x8x9 w=4x3x3x3", "part", "grad_pointwise");
  expect_refused("conv2d.forward x=2x3x8x9 w=4x3x3x3", "type", "");
  expect_refused("conv2d.forward f32 x=2x3x8x9", "w", "''");
  expect_refused("conv2d_transpose.forward f32 x=2x2x4x4 w=2x1x4x4", "y", "''");
  expect_refused("bilinear_upsampling.forward f32 x=1x1x2x2", "ratio", "''");
  expect_refused(conv + " f64", "types", "f64");
  expect_refused(conv + " x=2x3x8x9", "x", "x=2x3x8x9");
  expect_refused(conv + " noflip noflip", "noflip", "noflip");
  expect_refused(conv + " f33", "word", "f33");
  expect_refused(conv + " ratio=2", "field", "ratio=2");
  expect_refused(conv + " pw=1x1x1x1", "field", "pw=1x1x1x1");
  expect_refused(conv + " 2D_kernel", "field", "2D_kernel");
  expect_refused(conv + " groups=0", "groups", "0");
  expect_refused(conv + " groups=two", "groups", "two");
  expect_refused(conv + " subsample=0x1", "subsample", "0x1");
  expect_refused(conv + " subsample=1x1x1", "subsample", "1x1x1");
  expect_refused(conv + " dilation=", "dilation", "''");
  expect_refused(conv + " border=same", "border_mode", "same");
  expect_refused(conv + " border=-1", "border_mode", "-1");
  expect_refused(conv + " seed=-1", "seed", "-1");
  expect_refused(conv + " seed=18446744073709551616", "seed", "18446744073709551616");
  expect_refused(conv + " name=a'b", "name", "a'b");
  expect_refused(conv + " name=", "name", "''");
  expect_refused(conv + " types=f32,f32", "types", "f32,f32");
  expect_refused("conv2d.forward types=f32,f32 x=2x3x8x9 w=4x3x3x3", "types", "f32,f32");
  expect_refused("conv2d.forward f32 x=2x3x8xq w=4x3x3x3", "x", "2x3x8xq");
  expect_refused("conv2d.forward f32 x=2x3x-8x9 w=4x3x3x3", "x", "2x3x-8x9");
  expect_refused("conv2d.forward f32 x=2x3x8x99999999999999999999 w=4x3x3x3", "x", "9999");
  expect_refused("conv2d.forward f32 x=1x1x1x1x1x1x1x1x1 w=4x3x3x3", "x", "1x1x1x1");
  expect_refused("conv2d.forward f32 x=2x3x8 w=4x3x3x3", "x", "2x3x8");
  expect_refused("conv3d2d.forward f32 x=2x3x8x8 w=4x3x3x3x3", "x", "2x3x8x8");
  expect_refused("bilinear_upsampling.forward f32 x=1x1x2x2 ratio=2/0", "ratio", "0");
  expect_refused("bilinear_upsampling.forward f32 x=1x1x2x2 ratio=1/2/3", "ratio", "1/2/3");
  expect_refused("bilinear_upsampling.forward f32 x=1x1x2x2 ratio=1,2,3", "ratio", "1,2,3");
}

TEST(CaseLine, AnImpossibleProblemIsRefusedAsByMakeProblem) {
  expect_refused("conv2d.forward f32 x=2x3x8x9 w=4x2x3x3", "filters' channels", "2");
  expect_refused("conv2d.forward f32 x=2x3x8x9 w=4x3x9x3", "output extent[0]", "0");
  expect_refused("conv2d_transpose.forward f32 x=2x2x4x4 w=2x1x4x4 y=2x1x9x9 subsample=2",
                 "output_grad's shape", "2x2x4x4");
  expect_refused("causal_conv1d.forward f32 x=2x3x9 w=4x2x3", "filters' channels", "2");
}

TEST(ConvProblemOfACase, IsThatOfTheCall) {
  const ConvProblem problem = conv_problem(
      parse_case("conv2d.grad_inputs f32 x=2x4x8x9 w=6x2x3x2 border=1,(0,2) subsample=1x2 "
                 "dilation=2x1 groups=2 noflip"));
  EXPECT_EQ(problem.direction, Direction::GradInputs);
  EXPECT_EQ(problem.windows[0], (Window{8, 3, 1, 2, 1, 1}));
  EXPECT_EQ(problem.windows[1], (Window{9, 2, 2, 1, 0, 2}));
  EXPECT_EQ(problem.groups, 2);
  EXPECT_FALSE(problem.flip);
}

TEST(ConvProblemOfACase, OfATransposedConvolutionIsTheConvolutionItTransposes) {
  const std::string rest = " f32 x=2x2x4x4 w=2x1x4x4 y=2x1x10x10 subsample=2";
  const auto of = [&](const std::string& part) {
    return conv_problem(parse_case("conv2d_transpose." + part + rest));
  };
  EXPECT_EQ(of("forward").direction, Direction::GradInputs);
  EXPECT_EQ(of("grad_inputs").direction, Direction::Forward);
  EXPECT_EQ(of("grad_weights").direction, Direction::GradWeights);
  EXPECT_EQ(of("forward").x_shape(), (Shape{2, 1, 10, 10}));
  EXPECT_EQ(of("forward").y_shape(), (Shape{2, 2, 4, 4}));
}

TEST(ConvProblemOfACase, OfACausalOnePadsBeforeAlone) {
  const ConvProblem problem =
      conv_problem(parse_case("causal_conv1d.forward f32 x=2x3x9 w=4x3x3 subsample=2 dilation=2"));
  EXPECT_EQ(problem.windows[0], (Window{9, 3, 2, 2, 4, 0}));
}

TEST(ConvProblemOfACase, IsRefusedForComposedFunctions) {
  EXPECT_THROW(conv_problem(parse_case("conv3d2d.forward f32 x=1x4x2x5x5 w=3x2x2x3x3")), ConvError);
}

TEST(MakeCase, IsTheInverseOfConvProblem) {
  for (const char* line : {
           "conv1d.grad_weights f64 x=1x1x3 w=1x1x2 border=(2,0)",
           "conv2d.grad_inputs f64 x=2x4x8x9 w=6x2x3x2 border=1,(0,2) subsample=1x2 dilation=2x1 "
           "groups=2 noflip",
           "conv3d.forward f64 x=1x2x4x4x4 w=2x3x3x3x2x2x2x2 unshared",
           "conv2d.forward f64 x=1x1x4x4 w=1x1x2x2 border=3",
       }) {
    const Case c = parse_case(line);
    EXPECT_EQ(make_case(conv_problem(c), DataType::F64), c);
    EXPECT_EQ(to_string(make_case(conv_problem(c), DataType::F64)), line);
  }
}

TEST(CaseText, OfAFunctionInARankItDoesNotHaveIsRefused) {
  Case c = parse_case("legacy_conv2d.forward f32 x=1x2x5x5 w=3x2x3x3");
  c.rank = 3;
  EXPECT_THROW(to_string(c), ConvError);
}

TEST(CaseLine, NoNumberIsMinusZero) {
  expect_refused("conv1d.forward f32 x=-0x1x3 w=1x1x2", "x", "-0x1x3");
  expect_refused("conv1d.forward f32 x=1x1x3 w=1x-0x2", "w", "1x-0x2");
  expect_refused("conv1d.forward f32 x=1x1x3 w=1x1x2 border=-0", "border_mode", "-0");
}

TEST(CaseLine, OneThatIsTooLongIsRefusedWithItsLength) {
  const std::string line = "conv1d.forward f32 x=1x1x3 w=1x1x2";
  const auto of_length = [&](std::size_t length) {
    return line + std::string(length - line.size(), ' ');
  };
  EXPECT_EQ(canonical(of_length(kLongestLine)), line);
  expect_refused(of_length(kLongestLine + 1), "line", "4097 characters");
  expect_refused(line + " name=" + std::string(65536, 'a'), "line", "characters");
}

TEST(CaseLine, EveryCaseThatIsReadHasASpellingThatIsRead) {
  const std::string most(512, 'a');
  expect_refused("conv1d.forward f32 x=1x1x3 w=1x1x2 name=" + most + "a", "name", "aaaa");
  EXPECT_LT(canonical("conv1d.forward f32 x=1x1x3 w=1x1x2 layout=" + most + " fill=" + most +
                      " name=" + most)
                .size(),
            kLongestLine);
}

}  // namespace
}  // namespace convcheck
