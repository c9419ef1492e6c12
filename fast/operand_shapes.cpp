#include "fast/operand_shapes.h"

#include <utility>
#include <vector>

#include "fast/case_options.h"
#include "fast/evaluate.h"
#include "reference/shapes.h"

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

ConvShapeOptions shape_options(const Case& c) {
  return {.border_mode = c.border,
          .subsample = optional_shape(c.subsample),
          .filter_dilation = optional_shape(c.dilation)};
}

Shape conv_shape(const Shape& x, const Shape& w, const ConvShapeOptions& options) {
  Shape shape;
  for (const OptionalExtent& extent :
       get_conv_output_shape(optional_shape(x), optional_shape(w), options)) {
    shape.push_back(extent.value());
  }
  return assert_conv_shape(shape);
}

Shape causal_shape(const Case& c) {
  const CausalConv1dOptions causal = causal_options(c);
  ConvShapeOptions options = shape_options(c);
  options.border_mode = causal_border(c.w.empty() ? 1 : c.w.back(), causal.filter_dilation);
  return conv_shape(c.x, c.w, options);
}

Shape exchanged(Shape shape) {
  if (shape.size() == 5) std::swap(shape[1], shape[2]);
  return shape;
}

std::int64_t kernel_extent(const Case& c, std::size_t axis) {
  return element_count({2, integer_ratio_at(c, axis)}, "ratio") - 1;
}

Shape value_shape(const Case& c) {
  switch (c.function) {
    case Function::ConvTranspose:
      return c.y;
    case Function::CausalConv1d:
      return causal_shape(c);
    case Function::SeparableConv:
      return conv_shape(conv_shape(c.x, c.dw, shape_options(c)), c.pw, {});
    case Function::Conv3d2d:
      return exchanged(conv_shape(exchanged(c.x), exchanged(c.w), {.border_mode = c.border}));
    case Function::BilinearUpsampling:
    case Function::FracBilinearUpsampling:
      return bilinear_upsampling_shape(c.x, bilinear_options(c));
    case Function::BilinearKernel1D:
      return {kernel_extent(c, 0)};
    case Function::BilinearKernel2D:
      return {kernel_extent(c, 0), kernel_extent(c, 1)};
    default:
      return conv_shape(c.x, c.w, shape_options(c));
  }
}

}  // namespace

std::map<std::string, Shape> argument_shapes(const Case& c) {
  switch (c.function) {
    case Function::BilinearKernel1D:
    case Function::BilinearKernel2D:
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
  std::map<std::string, Shape> all = argument_shapes(c);
  all["value"] = all["dy"] = value_shape(c);
  const PartNames names = part_names(c);
  std::map<std::string, Shape> shapes{{"result", all[names.computed]}};
  for (const std::string& name : names.read) shapes[name] = all[name];
  return shapes;
}

}  // namespace convcheck
