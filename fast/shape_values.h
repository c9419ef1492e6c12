// The shape helpers as functions of a case: what a case line of conv2d_output_shape and so on
// computes.
#pragma once

#include "reference/case.h"
#include "reference/tensor.h"

namespace convcheck {

// One entry an axis, -1 where the helper leaves it unknown; behind those of GradInputsShape, how
// many extents check_conv_gradinputs_shape accepts on each axis: reference/case_grammar.md. In the
// type of the case's y. Throws as the helpers do.
Tensor shape_helper_value(const Case& c);

}  // namespace convcheck
