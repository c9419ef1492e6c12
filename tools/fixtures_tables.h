// Calls of the shape helpers, for a golden file's tables.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fixtures/golden.h"

namespace convcheck {

// Of every helper `rows` different calls, or all that there are, with arguments drawn from the
// levels of each: absent extents, every kind of border, values that are refused. Deterministic.
std::map<std::string, std::vector<GoldenRow>> helper_tables(std::size_t rows);

}  // namespace convcheck
