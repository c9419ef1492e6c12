// Judging a call of a function that has a closed form.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/case.h"
#include "reference/tensor.h"

namespace convcheck {

// Calls the function that the case names with these operands (closed_operands of closed_form.h) and
// returns what it gives, in the case's type.
using ClosedCall = std::function<Tensor(const std::map<std::string, Tensor>& operands)>;

// `call` computes on `backend`, whose types and claims decide what may be expected of it. All
// elements are compared with the closed form on small integers.
//
// Where the denominator is a power of two every number on the way is exact, if the integers are
// small enough, and == decides; of a declared transform, after rounding to integers, where its
// bound keeps these apart. Where even {-1, 1} is too much the case is skipped.
//
// Another denominator (that of an upsampling) is not exact in binary: then an element may be off by
//
//   m * u / (1 - m * u) * (sum of absolute products),   m = terms + 14
//
// with u the coarsest unit roundoff of types and accumulator. For each product passes through at
// most terms - 1 additions, in whatever order and in one pass or two; 2 multiplications; 4
// roundings of its weights (two quotients, their product and storing it, or a quotient and storing
// it in each of two passes); 2 on storing passes, 4 on folding edges and 1 on converting the
// result; and one is that of the expected quotient. Higham, "Accuracy and Stability of Numerical
// Algorithms", 2002, lemma 3.1. Inputs that are rounded count 4 more. A transform has no such bound
// and is skipped, and so are weights that are subnormal.
//
// More than 2^28 products would take long, and are skipped.
//
// Zeros, the negated result and the result shifted by one element are shown to the judge before;
// one that it would accept though it differs makes the case vacuous, and so does a result of which
// none differs.
Verdict judge_closed_form(const Case& c, const Backend& backend, const ClosedCall& call);

}  // namespace convcheck
