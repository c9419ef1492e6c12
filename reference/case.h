// A case is one line of text: command line, corpus, report, reproducer and fixture key.
//
//   conv2d.forward f32 x=2x3x8x9 w=4x3x3x3 border=1,(0,2) subsample=1x2 groups=1 noflip fill=narrow
//   seed=7
//
// The grammar is reference/case_grammar.md. Shapes and names are those of the user's own call;
// defaults are left out; every case has one canonical spelling, and parse_case(to_string(c)) == c.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reference/border_mode.h"
#include "reference/data_type.h"
#include "reference/problem.h"

namespace convcheck {

// The documented function that a line calls.
enum class Function {
  Conv,                    // conv1d, conv2d, conv3d
  ConvTranspose,           // conv2d_transpose, conv3d_transpose
  SeparableConv,           // separable_conv2d, separable_conv3d
  CausalConv1d,            // causal_conv1d
  Conv3d2d,                // conv3d2d (conv3d2d::conv3d)
  LegacyConv2d,            // legacy_conv2d (conv::conv2d)
  BilinearUpsampling,      // bilinear_upsampling
  FracBilinearUpsampling,  // frac_bilinear_upsampling
  BilinearKernel1D,        // bilinear_kernel_1D
  BilinearKernel2D,        // bilinear_kernel_2D
  OutputShape,             // get_conv_output_shape
  GradInputsShape,         // get_conv_gradinputs_shape, check_conv_gradinputs_shape
  GradWeightsShape,        // get_conv_gradweights_shape
};

// What of the function is computed: its value, or the gradient with respect to one argument, given
// the gradient dy with respect to its value. Spelled .forward .grad_inputs .grad_weights
// .grad_depthwise .grad_pointwise
enum class Part { Forward, GradInputs, GradWeights, GradDepthwise, GradPointwise };

// An upsampling ratio per axis, rows first: p/q. Integer ratios have q = 1.
struct Ratio {
  std::int64_t numerator = 1, denominator = 1;
  friend bool operator==(const Ratio&, const Ratio&) = default;
};

struct Case {
  Function function = Function::Conv;
  std::size_t rank = 2;  // of the function: 1 for causal_conv1d, 3 for conv3d2d
  Part part = Part::Forward;

  // Types of input, filters and output; the accumulator is the backend's choice unless it is named.
  DataType x_type = DataType::F32, w_type = DataType::F32, y_type = DataType::F32;
  std::optional<DataType> accumulator;

  // Shapes as the user's call has them; empty where the function has no such argument.
  Shape x, w;    // input; filters (for unshared ones with their regions)
  Shape dw, pw;  // depthwise and pointwise filters of separable_conv; x's channels are num_channels
  Shape y;  // output_shape of conv_transpose; elsewhere it follows from the others and is empty

  BorderMode border = valid;  // canonical, see BorderMode::canonical
  Dims subsample,
      dilation;  // always `rank` entries (of the function's convolution); ones by default
  std::int64_t groups = 1;
  bool flip = true, unshared = false;

  std::vector<Ratio> ratio;   // of bilinear functions: one for both axes, or two (rows, columns)
  bool use_1D_kernel = true;  // bilinear_upsampling
  bool normalize = true;      // bilinear kernels

  // Layout of x, w, y (for composed functions: x and y): "" row-major; "nhwc" channels last; others
  // are refused.
  std::string layout;
  std::string fill;  // "" = narrow; the checker knows which there are
  std::uint64_t seed = 1;
  std::string name;  // of a network's layer, say; letters, digits and _ . : / + -

  friend bool operator==(const Case&, const Case&) = default;
};

// Characters of a line. Regular expressions of the standard library recurse for every one of them.
inline constexpr std::size_t kLongestLine = 4096;

// Reads one line. Throws ConvError{Syntax} that names the field, its text and what was expected, or
// the length of a line that is too long; and what make_problem throws for a Conv, ConvTranspose or
// CausalConv1d whose problem is impossible.
Case parse_case(std::string_view line);

// The canonical spelling.
std::string to_string(const Case& c);

// The problem of a Conv, ConvTranspose (a grad_inputs, and its derivatives) or CausalConv1d case;
// of a ConvTranspose's forward part the direction is GradInputs, its grad_inputs is Forward. Throws
// ConvError as make_problem does, and {Unsupported} for the composed functions, which are more than
// one problem.
ConvProblem conv_problem(const Case& c);

// OutputShape, GradInputsShape or GradWeightsShape: shapes are computed from shapes, nothing is
// read.
bool is_shape_helper(Function function);

// The forward Conv case whose shapes a shape helper's case is about.
Case helper_convolution(const Case& c);

// The Conv case of a problem: the inverse of conv_problem for Function::Conv. The border is spelled
// as pads.
Case make_case(const ConvProblem& problem, DataType type);

}  // namespace convcheck
