// Making a failing case small.
//
// Every candidate is legal and smaller: one of rank, batch, groups, channels and filters of a
// group, input and filter extents, pads, strides, dilations is less and none is more; or filters
// are shared that were not, operands are row-major that were not, or data are closer to one
// impulse. So any chain of candidates ends.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "reference/case.h"
#include "reference/problem.h"

namespace convcheck {

// Legal problems in the same direction, the boldest steps first.
std::vector<ConvProblem> smaller_problems(const ConvProblem& problem);

// The same of a case: its problem, then its layout, then its data. A case that is more than one
// convolution has none. The name, which the smaller case has no more right to, is dropped.
std::vector<Case> smaller_cases(const Case& c);

struct ShrinkLimits {
  int tries = 1000;     // cases asked for
  double seconds = 10;  // no case is asked for later
};

// A case for which `fails` holds and, unless a limit came first, of whose smaller cases it holds
// for none. `fails` holds for `c`.
Case shrink(const Case& c, const std::function<bool(const Case&)>& fails,
            const ShrinkLimits& limits = {});

}  // namespace convcheck
