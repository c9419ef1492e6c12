// The kinds of cases that a report counts.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "reference/case.h"

namespace convcheck {

struct Factor {
  std::string name;
  std::vector<std::string> values;
};

// border, stride, dilation, groups, direction, type, rank, function.
const std::vector<Factor>& case_factors();

// For each of them the place of the case's value.
std::vector<std::size_t> factors_of(const Case& c);

}  // namespace convcheck
