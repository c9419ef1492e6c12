// Our own answers to the calls of a file's tables.
#pragma once

#include "fast/dispatch.h"
#include "fixtures/theano.h"

namespace convcheck {

// What the documented function answers, on arrays of ones: the result's shape, or the kind of
// error. Throws NotExpressible (fixtures/python_values.h) for a call that C++ cannot say, and
// FileError for a function, an array or an argument that is not known.
Answer answer_of_operator(const TheanoRow& call, const BackendPtr& backend);

// What the documented shape helper answers, or for "op_init" the parameters that an operator keeps.
Answer answer_of_helper(const TheanoRow& call);

}  // namespace convcheck
