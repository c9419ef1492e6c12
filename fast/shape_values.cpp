#include "fast/shape_values.h"

#include <vector>

#include "reference/shapes.h"

namespace convcheck {
namespace {

ConvShapeOptions options_of(const Case& c) {
  return {.border_mode = c.border,
          .subsample = optional_shape(c.subsample),
          .filter_dilation = optional_shape(c.dilation),
          .num_groups = c.groups,
          .unshared = c.unshared};
}

// Among the extents from 1 to the input's and a stride more.
std::int64_t accepted_extents(const Case& c, std::size_t axis, const OptionalShape& output) {
  OptionalShape image = optional_shape(c.x);
  std::int64_t accepted = 0;
  for (std::int64_t extent = 1; extent <= c.x[2 + axis] + c.subsample[axis]; ++extent) {
    image[2 + axis] = extent;
    accepted += check_conv_gradinputs_shape(image, optional_shape(c.w), output, options_of(c));
  }
  return accepted;
}

}  // namespace

Tensor shape_helper_value(const Case& c) {
  const OptionalShape x = optional_shape(c.x), w = optional_shape(c.w);
  const OptionalShape output = get_conv_output_shape(x, w, options_of(c));
  OptionalShape said = output;
  if (c.function == Function::GradWeightsShape) {
    said = get_conv_gradweights_shape(x, output, options_of(c));
  } else if (c.function == Function::GradInputsShape) {
    said = get_conv_gradinputs_shape(w, output, options_of(c));
    for (std::size_t axis = 0; axis < c.rank; ++axis) {
      said.push_back(accepted_extents(c, axis, output));
    }
  }
  std::vector<double> values;
  for (const OptionalExtent& extent : said) {
    values.push_back(static_cast<double>(extent.value_or(-1)));
  }
  return Tensor({static_cast<std::int64_t>(values.size())}, values, c.y_type);
}

}  // namespace convcheck
