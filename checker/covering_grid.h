// A grid in which any three properties of a case meet that can meet at all.
#pragma once

#include <vector>

#include "checker/covering_array.h"
#include "checker/grids.h"

namespace convcheck {

// What the grid varies, and which values no problem has together: with the reason, which is a
// property of convolutions and not of the grid. An input is never empty here.
//
//   direction  forward, grad_inputs, grad_weights
//   rank       1, 2, 3
//   border     valid, half, full; integer: one for all axes; tuple: different ones; asymmetric: on
//              some axis; beyond: before and after every axis at least the dilated filter
//   stride     1; equal: another one for all axes; unequal: different ones; beyond: larger than the
//              dilated filter on every axis
//   dilation   1, equal, unequal
//   groups     1; several: of several channels each; depthwise: of one channel and one filter;
//              multiplier: of one channel and several filters
//   flip       yes, no
//   unshared   no, yes
//   filter     1; odd and even: the same extent above 1 on every axis; non-square
//   input      larger than the dilated filter, equal, or smaller: on every axis
//   batch      1, power of two, one below, one above
//   channels   of a group, or of all where a group has one: 1, few (odd ones), 4n, 16n-1, 16n,
//   16n+1 filters    of a group: the same type       f64, f32, f16, bf16, of all operands layout
//   row-major, nhwc, permuted, subview, gaps, reversed, loose, offset, mixed: another one
//              for every operand
//   fill       narrow, wide, real
const std::vector<Factor>& covered_factors();
const std::vector<Exclusion>& covered_exclusions();

// Several cases for every row of a covering array of strength 3 of these factors. They differ in
// extents and seed, and every second one has the fill narrow whatever the row says; each costs
// microseconds to milliseconds.
Grid covering_grid();

}  // namespace convcheck
