// The rules, in the order in which a suite applies them.
//
//   value         the result is the definition's
//   repeat        the same call gives the same bits, where the backend claims so
//   inputs_kept   no byte of an input is written, not even to be restored
//   bounds        nothing outside the operands and the workspace is read or written
//   output_unread what the result's memory held before leaves no trace
//   layout        every legal layout gives the right answer, or a refusal with a reason
//   finite        the result is not finite exactly where the definition's is not
//   workspace     the announced size is enough, and its contents do not matter
//   adjoint       the three directions are one another's adjoints, and each is additive
//   contract      impossible calls are refused before anything is written; answers can be relied on
//   completes     the call returns
//
// A rule holds at most three times the operands at once, beside the prepared case's own.
#pragma once

#include <string_view>
#include <vector>

#include "checker/judged.h"

namespace convcheck {

const std::vector<Rule>& all_rules();

// Throws ConvError{Unsupported} that lists the names there are.
const Rule& rule_named(std::string_view name);

}  // namespace convcheck
