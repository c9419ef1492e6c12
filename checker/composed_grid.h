// Grids of the functions that are made of convolutions.
#pragma once

#include <vector>

#include "checker/grids.h"

namespace convcheck {

// transposed, separable, causal, conv3d2d, legacy, bilinear, shape_helpers: each function with
// every part that it has, in all types, its parameters combined so that any three meet
// (covering_array.h), and every upsampling ratio from 1 to 9 beside fractional ones. Small enough
// for their closed forms, which say which cases there are.
std::vector<Grid> composed_grids();

}  // namespace convcheck
