// The words of a case line: functions, parts, and which fields each function has. Internal to
// case.cpp and case_parse.cpp.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "reference/case.h"

namespace convcheck {

struct FunctionWord {
  std::string_view word;
  Function function;
  std::size_t rank;
  std::string_view fields;  // its own, separated by spaces; the required ones first, before '|'
  std::string_view parts;
};

inline constexpr std::string_view kConvParts = "forward grad_inputs grad_weights";
inline constexpr std::string_view kConvFields =
    "x w | border subsample dilation groups noflip unshared";
inline constexpr std::string_view kTransposeFields =
    "x w y | border subsample dilation groups noflip unshared";
inline constexpr std::string_view kShapeFields = "x w | border subsample dilation groups unshared";
inline constexpr std::string_view kSeparableFields = "x dw pw | border subsample dilation noflip";
inline constexpr std::string_view kSeparableParts =
    "forward grad_inputs grad_depthwise grad_pointwise";

inline constexpr FunctionWord kFunctionWords[] = {
    {"conv1d", Function::Conv, 1, kConvFields, kConvParts},
    {"conv2d", Function::Conv, 2, kConvFields, kConvParts},
    {"conv3d", Function::Conv, 3, kConvFields, kConvParts},
    {"conv2d_transpose", Function::ConvTranspose, 2, kTransposeFields, kConvParts},
    {"conv3d_transpose", Function::ConvTranspose, 3, kTransposeFields, kConvParts},
    {"separable_conv2d", Function::SeparableConv, 2, kSeparableFields, kSeparableParts},
    {"separable_conv3d", Function::SeparableConv, 3, kSeparableFields, kSeparableParts},
    {"causal_conv1d", Function::CausalConv1d, 1, "x w | subsample dilation groups noflip unshared",
     kConvParts},
    {"conv3d2d", Function::Conv3d2d, 3, "x w | border", kConvParts},
    {"legacy_conv2d", Function::LegacyConv2d, 2, "x w | border subsample", kConvParts},
    {"bilinear_upsampling", Function::BilinearUpsampling, 2, "x ratio | 2D_kernel",
     "forward grad_inputs"},
    {"frac_bilinear_upsampling", Function::FracBilinearUpsampling, 2, "x ratio |",
     "forward grad_inputs"},
    {"bilinear_kernel_1D", Function::BilinearKernel1D, 1, "ratio | unnormalized", "forward"},
    {"bilinear_kernel_2D", Function::BilinearKernel2D, 2, "ratio | unnormalized", "forward"},
    {"conv1d_output_shape", Function::OutputShape, 1, kShapeFields, "forward"},
    {"conv2d_output_shape", Function::OutputShape, 2, kShapeFields, "forward"},
    {"conv3d_output_shape", Function::OutputShape, 3, kShapeFields, "forward"},
    {"conv1d_gradinputs_shape", Function::GradInputsShape, 1, kShapeFields, "forward"},
    {"conv2d_gradinputs_shape", Function::GradInputsShape, 2, kShapeFields, "forward"},
    {"conv3d_gradinputs_shape", Function::GradInputsShape, 3, kShapeFields, "forward"},
    {"conv1d_gradweights_shape", Function::GradWeightsShape, 1, kShapeFields, "forward"},
    {"conv2d_gradweights_shape", Function::GradWeightsShape, 2, kShapeFields, "forward"},
    {"conv3d_gradweights_shape", Function::GradWeightsShape, 3, kShapeFields, "forward"},
};

struct PartWord {
  std::string_view word;
  Part part;
};

inline constexpr PartWord kPartWords[] = {
    {"forward", Part::Forward},
    {"grad_inputs", Part::GradInputs},
    {"grad_weights", Part::GradWeights},
    {"grad_depthwise", Part::GradDepthwise},
    {"grad_pointwise", Part::GradPointwise},
};

// Whether `words`, separated by spaces, have `word` among them.
inline bool has_word(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

// The entry of a case. Throws ConvError{Rank} for a function that does not exist in its rank.
const FunctionWord& function_word(const Case& c);

}  // namespace convcheck
