// What a person would see in the wrong elements, in words.
#pragma once

#include <string>
#include <vector>

#include "checker/judged.h"
#include "checker/layout.h"

namespace convcheck {

// `wrong` has one entry for each expected element; at least one is set. Only what separates wrong
// from right is said: a pattern that the right elements share is none. Empty when nothing simple
// separates them.
std::string describe_pattern(const Judged& run, const std::vector<bool>& wrong);

// The axes of an operand in letters: y is n,k,o; x is n,c,i; w is k,c,f and, unshared, k,o,c,f.
OperandName result_operand(Direction direction);
// "y[n=0, k=3, o=(1,2)]"
std::string element_name(const ConvProblem& problem, OperandName operand, const Index& at);

}  // namespace convcheck
