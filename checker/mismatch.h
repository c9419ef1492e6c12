// What is known of wrong elements, put together for a verdict.
#pragma once

#include <vector>

#include "checker/judge.h"
#include "checker/judged.h"

namespace convcheck {

// One element of the result, with the first of its products.
Mismatch describe(const Judged& run, const Judge& judge, const Expected& expected);

// The clearest of the expected elements that are `wrong`, of which there is at least one, with the
// first ones and the pattern of all. The clearest is the one with the worst error in units of the
// bound; of integers the one with the fewest products, which is the easiest to read.
Mismatch describe_all(const Judged& run, const Judge& judge, const std::vector<bool>& wrong);

}  // namespace convcheck
