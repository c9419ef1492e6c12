// Dividing work into equal parts.
#pragma once

#include <cstddef>
#include <vector>

namespace convcheck {

// For every cost the part, from 0, that it belongs to: the most expensive first, each to the part
// that has least so far. A function of the costs alone. A part's sum exceeds the mean by at most
// the largest cost. `parts` is at least 1.
std::vector<std::size_t> divided(const std::vector<double>& costs, std::size_t parts);

}  // namespace convcheck
