// The rule `output_unread`: what the result's memory held before the call leaves no trace.
//
// The call is made over NaNs, over large finite numbers, over the result of the call itself and
// over small numbers. The results have the same bits; those of a backend that does not claim to be
// deterministic are each right.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& output_unread_rule();

}  // namespace convcheck
