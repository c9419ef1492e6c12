// What a checker replaces: the whole result again, by the loops that everybody would write.
#pragma once

#include "reference/problem.h"

namespace convcheck {

// The result of `problem` from contiguous row-major arrays of double, over at most three spatial
// axes, one thread, no blocking. `x`, `w`, `y` in the shapes of the problem; the one that the
// direction computes is written. Shared filters only.
void plain_loops(const ConvProblem& problem, double* x, double* w, double* y);

}  // namespace convcheck
