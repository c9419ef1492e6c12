#include "fast/operand_shapes.h"

#include <string>
#include <vector>

#include "fast/case_options.h"
#include "fast/evaluate.h"
#include "fast/words.h"

namespace convcheck {
namespace {

const char* computed_by(Part part) {
  switch (part) {
    case Part::GradInputs:
      return "x";
    case Part::GradWeights:
      return "w";
    case Part::GradDepthwise:
      return "dw";
    case Part::GradPointwise:
      return "pw";
    default:
      return "value";
  }
}

std::int64_t kernel_extent(const Case& c, std::size_t axis) {
  return element_count({2, integer_ratio_at(c, axis)}, "ratio") - 1;
}

Shape legacy_shape(const Case& c) {
  const conv::Options options = legacy_options(c);
  if (c.part != Part::Forward) conv::check_gradient(options);
  return conv::conv2d_shape(c.x, c.w, options);
}

Shape entries(std::size_t count) { return {static_cast<std::int64_t>(count)}; }

Shape value_shape(const Case& c) {
  switch (c.function) {
    case Function::ConvTranspose:
      return conv_problem(c).x_shape();
    case Function::SeparableConv:
      return separable_conv_shape(c.x, c.dw, c.pw, separable_options(c));
    case Function::Conv3d2d:
      return conv3d2d::conv3d_shape(c.x, c.w, {.border_mode = c.border});
    case Function::LegacyConv2d:
      return legacy_shape(c);
    case Function::BilinearUpsampling:
    case Function::FracBilinearUpsampling:
      return bilinear_upsampling_shape(c.x, bilinear_options(c));
    case Function::BilinearKernel1D:
      return {kernel_extent(c, 0)};
    case Function::BilinearKernel2D:
      return {kernel_extent(c, 0), kernel_extent(c, 1)};
    case Function::OutputShape:
      return entries(2 + c.rank);
    case Function::GradInputsShape:
      return entries(2 + 2 * c.rank);
    case Function::GradWeightsShape:
      return entries(c.w.size());
    default:
      return conv_problem(c).y_shape();
  }
}

// The documented arguments as a line has them.
constexpr Word kLineWords[] = {{"input", "x"},
                               {"signals", "x"},
                               {"input_shape", "x"},
                               {"image_shape", "x"},
                               {"num_channels", "x's channels"},
                               {"filters", "w"},
                               {"filter_shape", "w"},
                               {"depthwise_filters", "dw"},
                               {"pointwise_filters", "pw"},
                               {"border_mode", "border"},
                               {"filter_dilation", "dilation"},
                               {"num_groups", "groups"}};

}  // namespace

std::map<std::string, Shape> argument_shapes(const Case& c) {
  switch (c.function) {
    case Function::BilinearKernel1D:
    case Function::BilinearKernel2D:
    case Function::OutputShape:
    case Function::GradInputsShape:
    case Function::GradWeightsShape:
      return {};
    case Function::BilinearUpsampling:
    case Function::FracBilinearUpsampling:
      return {{"x", c.x}};
    case Function::SeparableConv:
      return {{"x", c.x}, {"dw", c.dw}, {"pw", c.pw}};
    default:
      return {{"x", c.x}, {"w", c.w}};
  }
}

PartNames part_names(const Case& c) {
  PartNames names{{}, computed_by(c.part)};
  bool found = c.part == Part::Forward;
  for (const auto& [name, shape] : argument_shapes(c)) {
    if (name == names.computed) {
      found = true;
    } else {
      names.read.push_back(name);
    }
  }
  if (!found) {
    throw ConvError(ErrorKind::Syntax, "gradient", "with respect to " + names.computed,
                    "an argument of the function");
  }
  if (c.part != Part::Forward) names.read.emplace_back("dy");
  return names;
}

std::map<std::string, Shape> operand_shapes(const Case& c) {
  const PartNames names = part_names(c);
  std::map<std::string, Shape> all = argument_shapes(c);
  all["value"] = all["dy"] = value_shape(c);
  std::map<std::string, Shape> shapes{{"result", all[names.computed]}};
  for (const std::string& name : names.read) shapes[name] = all[name];
  return shapes;
}

void require_layout(const Case& c) {
  if (c.layout.empty() || c.layout == "nhwc") return;
  throw ConvError(ErrorKind::Syntax, "layout", c.layout, "nhwc, or none");
}

void check_case(const Case& c) {
  in_words(kLineWords, [&] { return operand_shapes(c); });
  require_layout(c);
  if (c.function == Function::BilinearKernel1D && c.ratio.size() != 1) {
    throw ConvError(ErrorKind::Ratio, "ratio", std::to_string(c.ratio.size()) + " ratios", "one");
  }
}

}  // namespace convcheck
