// Random small problems: the one generator of property tests and of the suite.
#pragma once

#include <cstdint>

#include "reference/problem.h"

namespace convcheck {

// A legal forward problem of rank 1 to 3: every border kind, strides 1..3, dilations 1..3, filters
// 1..4, groups 1..3 (of up to two channels and three filters), up to three images, flipped or not,
// shared or not; inputs that give one to about four outputs an axis. A function of the seed.
ConvProblem random_problem(std::uint64_t seed);

}  // namespace convcheck
