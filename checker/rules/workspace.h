// The rule `workspace`: the announced size is enough, and its contents do not matter.
//
// The size is asked twice and is the same. The call is made in a workspace of exactly this size, at
// a guard, that holds NaNs; in what this call left there; and in one of large finite numbers whose
// beginning is at a guard. No byte outside is touched, the first result is right, and the others
// have the same bits (of a backend that does not claim to be deterministic: are right). Vacuous
// when no workspace is announced and nothing was touched.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& workspace_rule();

}  // namespace convcheck
