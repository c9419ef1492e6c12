// What the cases of reference.h5 vary, for each documented function.
#pragma once

#include <string>
#include <vector>

#include "checker/covering_array.h"
#include "reference/case.h"

namespace convcheck {

// The factors of one function, and which values no call has together.
//
//   part        what is computed
//   type        of all operands, or mixed
//   border      valid, half, full; integer: one number for all axes; tuple: different ones;
//               asymmetric: before and after differ; words: different ones (conv3d2d)
//   stride      1; equal; unequal; beyond: on every axis larger than the dilated filter
//   dilation    1, equal, unequal
//   groups      1; several: of several channels each; depthwise: of one channel each
//   flip, unshared
//   filter      1; odd and even: one extent above 1 for all axes; non-square
//   batch       1, several
//   fill        narrow, wide, real
//   ratio       of upsampling: 1, even, odd; fraction, shrinking, unequal
//   kernel      1D, 2D of bilinear_upsampling; normalized or not of a kernel
struct FunctionModel {
  std::string name;  // the line's prefix: "conv2d"
  std::size_t rank = 2;
  Function function = Function::Conv;
  std::vector<Factor> factors = {};
  std::vector<Exclusion> exclusions = {};
};

const std::vector<FunctionModel>& function_models();

// The model of a case's function.
const FunctionModel& model_of(const Case& c);

// The case's value of every factor of its model, in their order; one that is not of the model is
// spelled as it is.
std::vector<std::string> values_of(const Case& c);

}  // namespace convcheck
