// The rule `adjoint`: the three directions are one another's adjoints, and each is additive.
//
// On one integer fill that is exact in all three directions, with sums modulo 2^64,
//   <y, forward(x, w)> = <grad_inputs(y, w), x> = <grad_weights(x, y), w>.
// Directions that the backend refuses are left out; with fewer than two the rule is skipped. And
// the finite difference, exact for a bilinear map: for a random split of the first operand that is
// read into p + q, without an element in common, result(p + q) - result(p) = result(q), in the
// case's own direction. It does not ask the definition, but for results that are rounded on
// storing: where a sum is too large to be stored the fill is drawn again.
#pragma once

#include "checker/judged.h"

namespace convcheck {

const Rule& adjoint_rule();

}  // namespace convcheck
