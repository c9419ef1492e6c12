#include "tools/fixtures_factors.h"

#include <algorithm>
#include <set>

#include "tools/fixtures_operands.h"

namespace convcheck {
namespace {

using Values = std::vector<std::string>;

const Values kConvParts{"forward", "grad_inputs", "grad_weights"};
const Values kTypes{"f64", "f32", "f16", "bf16", "mixed"};
const Values kPlainTypes{"f64", "f32", "f16", "bf16"};

const char* part_name(Part part) {
  switch (part) {
    case Part::Forward:
      return "forward";
    case Part::GradInputs:
      return "grad_inputs";
    case Part::GradWeights:
      return "grad_weights";
    case Part::GradDepthwise:
      return "grad_depthwise";
    default:
      return "grad_pointwise";
  }
}

Choice choice(const FunctionModel& model, const std::string& factor, const std::string& value) {
  for (std::size_t i = 0; i < model.factors.size(); ++i) {
    if (model.factors[i].name != factor) continue;
    const Values& values = model.factors[i].values;
    const auto at = std::find(values.begin(), values.end(), value);
    return {i, static_cast<std::size_t>(at - values.begin())};
  }
  return {};
}

void exclude(FunctionModel& model, const char* factor, const char* value, const char* other,
             const char* other_value, const char* reason) {
  model.exclusions.push_back(
      {{choice(model, factor, value), choice(model, other, other_value)}, reason});
}

void exclude_single_taps(FunctionModel& model) {
  constexpr const char* kReason = "every stride above 1 is larger than one tap";
  exclude(model, "filter", "1", "stride", "equal", kReason);
  if (model.rank > 1) exclude(model, "filter", "1", "stride", "unequal", kReason);
}

Values axes_values(std::size_t rank, Values values, const char* several_axes) {
  if (rank > 1) values.push_back(several_axes);
  return values;
}

Factor strides(std::size_t rank) {
  return {"stride", axes_values(rank, {"1", "equal", "beyond"}, "unequal")};
}

Factor dilations(std::size_t rank) {
  return {"dilation", axes_values(rank, {"1", "equal"}, "unequal")};
}

Factor filters(std::size_t rank) {
  return {"filter", axes_values(rank, {"1", "odd", "even"}, "non-square")};
}

Factor borders(std::size_t rank) {
  return {"border", axes_values(rank, {"valid", "half", "full", "integer", "asymmetric"}, "tuple")};
}

// conv and conv_transpose; causal_conv1d, whose border follows from the filter.
FunctionModel conv_model(std::string name, std::size_t rank, Function function) {
  FunctionModel model{.name = std::move(name), .rank = rank, .function = function};
  model.factors = {{"part", kConvParts}, {"type", kTypes}};
  if (function != Function::CausalConv1d) model.factors.push_back(borders(rank));
  model.factors.insert(model.factors.end(), {strides(rank),
                                             dilations(rank),
                                             {"groups", {"1", "several", "depthwise"}},
                                             {"flip", {"yes", "no"}},
                                             filters(rank),
                                             {"batch", {"1", "several"}},
                                             {"fill", {"narrow", "wide", "real"}}});
  if (function != Function::CausalConv1d) model.factors.push_back({"unshared", {"no", "yes"}});
  exclude_single_taps(model);
  return model;
}

FunctionModel separable_model(std::size_t rank) {
  FunctionModel model{.name = "separable_conv" + std::to_string(rank) + "d",
                      .rank = rank,
                      .function = Function::SeparableConv};
  model.factors = {{"part", {"forward", "grad_inputs", "grad_depthwise", "grad_pointwise"}},
                   {"type", kTypes},
                   borders(rank),
                   strides(rank),
                   dilations(rank),
                   {"flip", {"yes", "no"}},
                   filters(rank),
                   {"batch", {"1", "several"}},
                   {"fill", {"narrow", "real"}}};
  exclude_single_taps(model);
  return model;
}

FunctionModel conv3d2d_model() {
  FunctionModel model{.name = "conv3d2d", .rank = 3, .function = Function::Conv3d2d};
  model.factors = {{"part", kConvParts},
                   {"type", kTypes},
                   {"border", {"valid", "half", "full", "words"}},
                   filters(3),
                   {"batch", {"1", "several"}},
                   {"fill", {"narrow", "real"}}};
  return model;
}

FunctionModel legacy_model() {
  FunctionModel model{.name = "legacy_conv2d", .function = Function::LegacyConv2d};
  model.factors = {{"part", kConvParts},
                   {"type", kTypes},
                   {"border", {"valid", "full"}},
                   strides(2),
                   filters(2),
                   {"batch", {"1", "several"}},
                   {"fill", {"narrow", "real"}}};
  exclude_single_taps(model);
  for (const char* part : {"grad_inputs", "grad_weights"}) {
    exclude(model, "part", part, "stride", "beyond",
            "the deprecated conv2d has gradients for strides up to 2");
    for (const char* stride : {"equal", "unequal"}) {
      model.exclusions.push_back({{choice(model, "part", part), choice(model, "border", "valid"),
                                   choice(model, "stride", stride)},
                                  "the deprecated valid conv2d has gradients for stride 1"});
    }
  }
  return model;
}

FunctionModel upsampling_model(Function function) {
  const bool fractional = function == Function::FracBilinearUpsampling;
  FunctionModel model{.name = fractional ? "frac_bilinear_upsampling" : "bilinear_upsampling",
                      .function = function};
  model.factors = {{"part", {"forward", "grad_inputs"}},
                   {"type", kPlainTypes},
                   {"ratio", {"1", "even", "odd", "fraction", "shrinking", "unequal"}},
                   {"batch", {"1", "several"}},
                   {"fill", {"narrow", "real"}}};
  if (fractional) return model;
  model.factors.push_back({"kernel", {"1D", "2D"}});
  for (const char* ratio : {"fraction", "shrinking", "unequal"}) {
    exclude(model, "ratio", ratio, "kernel", "1D", "a frac_ratio has no one-dimensional kernel");
  }
  return model;
}

FunctionModel kernel_model(std::size_t rank) {
  FunctionModel model{
      .name = "bilinear_kernel_" + std::to_string(rank) + "D",
      .rank = rank,
      .function = rank == 1 ? Function::BilinearKernel1D : Function::BilinearKernel2D};
  model.factors = {{"type", kPlainTypes},
                   {"ratio", axes_values(rank, {"1", "even", "odd"}, "unequal")},
                   {"kernel", {"normalized", "unnormalized"}}};
  return model;
}

// --- the values of a case ---

std::string type_value(const Case& c) {
  return c.x_type == c.w_type && c.w_type == c.y_type ? to_string(c.x_type) : "mixed";
}

std::string border_value(const Case& c) {
  const std::string text = to_string(c.border);
  if (text == "valid" || text == "half" || text == "full") return text;
  if (text.find('(') != text.npos) return "asymmetric";
  if (text.find_first_not_of("0123456789,") != text.npos) return "words";
  return text.find(',') == text.npos ? "integer" : "tuple";
}

const Shape& filters_of(const Case& c) { return c.dw.empty() ? c.w : c.dw; }

std::int64_t filter_extent(const Case& c, std::size_t axis) {
  const Shape& filters = filters_of(c);
  // conv3d2d has time second.
  if (c.function == Function::Conv3d2d) return filters[axis == 0 ? 1 : axis + 2];
  return filters[filters.size() - c.rank + axis];
}

std::string dims_value(const Dims& dims) {
  const bool equal = std::set<std::int64_t>(dims.begin(), dims.end()).size() == 1;
  if (!equal) return "unequal";
  return dims[0] == 1 ? "1" : "equal";
}

std::string stride_value(const Case& c) {
  bool beyond = true;
  for (std::size_t axis = 0; axis < c.rank; ++axis) {
    const std::int64_t dilated = (filter_extent(c, axis) - 1) * c.dilation[axis] + 1;
    beyond = beyond && c.subsample[axis] > dilated;
  }
  return beyond ? "beyond" : dims_value(c.subsample);
}

std::string filter_value(const Case& c) {
  std::set<std::int64_t> extents;
  for (std::size_t axis = 0; axis < c.rank; ++axis) extents.insert(filter_extent(c, axis));
  if (extents.size() > 1) return "non-square";
  const std::int64_t extent = *extents.begin();
  return extent == 1 ? "1" : extent % 2 == 0 ? "even" : "odd";
}

// The channels of a group are an axis of the filters.
std::string groups_value(const Case& c) {
  if (c.groups == 1) return "1";
  const std::size_t axis = c.unshared ? 1 + c.rank : 1;
  return c.w[axis] == 1 ? "depthwise" : "several";
}

std::string ratio_value(const Case& c) {
  const Ratio& rows = c.ratio.front();
  if (c.ratio.size() > 1 && !(c.ratio[0] == c.ratio[1])) return "unequal";
  if (rows.denominator != 1) return rows.numerator < rows.denominator ? "shrinking" : "fraction";
  return rows.numerator == 1 ? "1" : rows.numerator % 2 == 0 ? "even" : "odd";
}

std::string kernel_value(const Case& c) {
  if (c.function == Function::BilinearUpsampling) return c.use_1D_kernel ? "1D" : "2D";
  return c.normalize ? "normalized" : "unnormalized";
}

std::string value_of(const Case& c, const std::string& factor) {
  if (factor == "part") return part_name(c.part);
  if (factor == "type") return type_value(c);
  if (factor == "border") return border_value(c);
  if (factor == "stride") return stride_value(c);
  if (factor == "dilation") return dims_value(c.dilation);
  if (factor == "groups") return groups_value(c);
  if (factor == "flip") return c.flip ? "yes" : "no";
  if (factor == "unshared") return c.unshared ? "yes" : "no";
  if (factor == "filter") return filter_value(c);
  if (factor == "batch") return c.x[0] == 1 ? "1" : "several";
  if (factor == "fill") return c.fill.empty() ? "narrow" : c.fill;
  if (factor == "ratio") return ratio_value(c);
  return kernel_value(c);
}

}  // namespace

const std::vector<FunctionModel>& function_models() {
  static const std::vector<FunctionModel> all{
      conv_model("conv1d", 1, Function::Conv),
      conv_model("conv2d", 2, Function::Conv),
      conv_model("conv3d", 3, Function::Conv),
      conv_model("conv2d_transpose", 2, Function::ConvTranspose),
      conv_model("conv3d_transpose", 3, Function::ConvTranspose),
      separable_model(2),
      separable_model(3),
      conv_model("causal_conv1d", 1, Function::CausalConv1d),
      conv3d2d_model(),
      legacy_model(),
      upsampling_model(Function::BilinearUpsampling),
      upsampling_model(Function::FracBilinearUpsampling),
      kernel_model(1),
      kernel_model(2),
  };
  return all;
}

const FunctionModel& model_of(const Case& c) {
  const auto& all = function_models();
  return *std::find_if(all.begin(), all.end(), [&](const FunctionModel& model) {
    const bool any_rank = c.function == Function::BilinearUpsampling ||
                          c.function == Function::FracBilinearUpsampling ||
                          c.function == Function::BilinearKernel1D ||
                          c.function == Function::BilinearKernel2D;
    return model.function == c.function && (any_rank || model.rank == c.rank);
  });
}

std::vector<std::string> values_of(const Case& c) {
  std::vector<std::string> values;
  for (const Factor& factor : model_of(c).factors) values.push_back(value_of(c, factor.name));
  return values;
}

}  // namespace convcheck
