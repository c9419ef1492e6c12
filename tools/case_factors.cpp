#include "tools/case_factors.h"

#include <algorithm>

namespace convcheck {
namespace {

enum Border { Valid, Half, Full, EqualPads, UnequalPads, Asymmetric };
enum Steps { Ones, Equal, Unequal };
enum Groups { One, Several, Depthwise };
constexpr std::size_t kMixed = 4;

std::size_t border_of(const Case& c) {
  const std::vector<AxisBorder>& entries = c.border.entries();
  switch (entries[0].kind) {
    case AxisBorder::Kind::Valid:
      return Valid;
    case AxisBorder::Kind::Half:
      return Half;
    case AxisBorder::Kind::Full:
      return Full;
    case AxisBorder::Kind::Pad:
      break;
  }
  const auto lopsided = [](const AxisBorder& one) { return one.before != one.after; };
  if (std::any_of(entries.begin(), entries.end(), lopsided)) return Asymmetric;
  return c.border.every_axis() ? EqualPads : UnequalPads;
}

std::size_t steps_of(const Dims& steps) {
  if (std::all_of(steps.begin(), steps.end(), [](auto one) { return one == 1; })) return Ones;
  return std::all_of(steps.begin(), steps.end(), [&](auto one) { return one == steps[0]; })
             ? Equal
             : Unequal;
}

std::size_t groups_of(const Case& c) {
  if (c.groups == 1) return One;
  return c.x.size() > 1 && c.groups == c.x[1] ? Depthwise : Several;
}

std::size_t type_of(const Case& c) {
  if (c.x_type != c.w_type || c.x_type != c.y_type) return kMixed;
  switch (c.x_type) {
    case DataType::F64:
      return 0;
    case DataType::F32:
      return 1;
    case DataType::F16:
      return 2;
    case DataType::BF16:
      return 3;
  }
  return kMixed;
}

}  // namespace

const std::vector<Factor>& case_factors() {
  static const std::vector<Factor> factors{
      {"border", {"valid", "half", "full", "equal pads", "unequal pads", "asymmetric"}},
      {"stride", {"1", "equal", "unequal"}},
      {"dilation", {"1", "equal", "unequal"}},
      {"groups", {"1", "several", "depthwise"}},
      {"direction", {"forward", "grad_inputs", "grad_weights", "grad_depthwise", "grad_pointwise"}},
      {"type", {"f64", "f32", "f16", "bf16", "mixed"}},
      {"rank", {"1", "2", "3"}},
      {"function",
       {"conv", "conv_transpose", "separable_conv", "causal_conv1d", "conv3d2d", "legacy_conv2d",
        "bilinear_upsampling", "frac_bilinear_upsampling", "bilinear_kernel_1D",
        "bilinear_kernel_2D", "output_shape", "gradinputs_shape", "gradweights_shape"}}};
  return factors;
}

std::vector<std::size_t> factors_of(const Case& c) {
  return {border_of(c),
          steps_of(c.subsample),
          steps_of(c.dilation),
          groups_of(c),
          static_cast<std::size_t>(c.part),
          type_of(c),
          std::clamp<std::size_t>(c.rank, 1, 3) - 1,
          static_cast<std::size_t>(c.function)};
}

}  // namespace convcheck
