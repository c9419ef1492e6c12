// What no call of a composed function can be, said before anything is computed.
#include "fast/evaluate.h"
#include "tests/unit/composed.h"

namespace convcheck {
namespace {

void expect_impossible(const std::string& line, ErrorKind kind, const std::string& argument) {
  SCOPED_TRACE(line);
  expect_refusal(kind, argument, [&] { check_case(parse_case(line)); });
}

TEST(CheckCase, TakesWhatTheFunctionsTake) {
  for (const char* line :
       {"conv2d.forward f32 x=1x2x5x5 w=3x2x3x3",
        "separable_conv2d.grad_depthwise f32 x=1x2x5x5 dw=4x1x3x3 pw=2x4x1x1",
        "separable_conv3d.forward f32 x=1x2x3x5x5 dw=4x1x1x3x3 pw=2x4x1x1x1",
        "conv3d2d.grad_inputs f32 x=2x5x3x6x5 w=4x2x3x3x2 border=full",
        "legacy_conv2d.grad_inputs f32 x=1x2x5x5 w=4x2x3x3 border=full subsample=2",
        "bilinear_upsampling.forward f32 x=1x2x4x5 ratio=3/2 2D_kernel",
        "bilinear_kernel_2D.forward f32 ratio=2,3"}) {
    EXPECT_NO_THROW(check_case(parse_case(line))) << line;
  }
}

TEST(CheckCase, SeparableFiltersAreNamedAsInTheLine) {
  const std::string x = "separable_conv2d.forward f32 x=1x2x5x5 ";
  expect_impossible(x + "dw=4x1x9x9 pw=2x4x1x1", ErrorKind::OutputShape,
                    "depthwise stage's output extent[0]");
  expect_impossible(x + "dw=3x1x3x3 pw=2x3x1x1", ErrorKind::Groups, "x's channels");
  expect_impossible(x + "dw=4x2x3x3 pw=2x4x1x1", ErrorKind::Channels, "dw's channels");
  expect_impossible(x + "dw=4x1x3x3 pw=2x3x1x1", ErrorKind::Channels, "pw's channels");
  expect_impossible(x + "dw=4x1x3x3 pw=2x4x7x1", ErrorKind::OutputShape, "output extent[0]");
  expect_impossible(x + "dw=4x1x3x3 pw=2x4x1x1 layout=gaps", ErrorKind::Syntax, "layout");
}

TEST(CheckCase, LegacyConvRefusesWhatItRefused) {
  const std::string x = "legacy_conv2d.forward f32 x=1x2x5x5 ";
  expect_impossible(x + "w=4x2x3x3 border=half", ErrorKind::BorderMode, "border");
  expect_impossible(x + "w=4x3x3x3", ErrorKind::Channels, "w[1]");
  expect_impossible("legacy_conv2d.grad_weights f32 x=1x2x5x5 w=4x2x3x3 subsample=2",
                    ErrorKind::Unsupported, "subsample");
}

TEST(CheckCase, Conv3d2dTakesWordsAndFiltersThatFit) {
  expect_impossible("conv3d2d.forward f32 x=2x5x3x6x5 w=4x2x3x3x2 border=1", ErrorKind::BorderMode,
                    "border");
  expect_impossible("conv3d2d.forward f32 x=2x5x2x6x5 w=3x9x2x3x3", ErrorKind::OutputShape,
                    "output extent[0]");
  expect_impossible("conv3d2d.grad_inputs f32 x=2x5x2x6x5 w=3x2x3x3x3", ErrorKind::Channels,
                    "w's channels");
}

TEST(CheckCase, BilinearFunctionsNeedEdgesAndTheirRatio) {
  expect_impossible("bilinear_upsampling.forward f32 x=1x2x0x5 ratio=2", ErrorKind::InputShape,
                    "x extent[2]");
  expect_impossible("bilinear_upsampling.forward f32 x=1x2x4x5 ratio=3/2", ErrorKind::Unsupported,
                    "use_1D_kernel");
  expect_impossible("bilinear_kernel_1D.forward f32 ratio=3/2", ErrorKind::Ratio, "ratio");
  expect_impossible("bilinear_kernel_1D.forward f32 ratio=3,2", ErrorKind::Ratio, "ratio");
  expect_impossible("bilinear_kernel_2D.forward f32 ratio=3,3/2", ErrorKind::Ratio, "ratio");
}

}  // namespace
}  // namespace convcheck
