// Layers of networks made so small that every rule can be applied to them.
//
// A rule besides `value` runs a backend a hundred times and more, and what it looks for (a vector's
// remainder, a block's edge, a gap between strides) does not depend on how large a layer is but on
// what its extents leave when they are divided by a register's or a block's width.
#pragma once

#include <vector>

#include "reference/case.h"

namespace convcheck {

// What a reduced layer costs at most in any direction, Cost::repeated() of schedule.h, unless its
// filters alone cost more.
inline constexpr double kReducedFlops = 8e6;

// A single convolution with one image, and with channels and filters of a group, groups and
// spatial extents that are the smallest with the same remainder modulo 16 that leave
//   - what it is: depthwise, grouped or neither; one channel or filter of a group, or several;
//   - more than one output on an axis that had more.
// Filter, strides, dilations, pads and types are kept. Where it would cost more than kReducedFlops,
// extents before the last keep the remainder modulo 8, then 4; then groups of several channels;
// then the last extent; at last filters are reduced like inputs. Named net:layer/reduced, or not at
// all.
Case reduced_layer(const Case& layer);

// Of every layer, leaving out what differs from an earlier one in nothing but its name.
std::vector<Case> reduced_layers(const std::vector<Case>& layers);

}  // namespace convcheck
