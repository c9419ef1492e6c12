// The case lines of the committed files, which stand in fixtures/corpus/.
#pragma once

#include <string>
#include <vector>

#include "reference/case.h"

namespace convcheck {

// "reference": of every documented function the rows of a covering array of strength 2 over its
// factors (fixtures_factors.h), and a few layers of the size of real ones. "special": NaN,
// infinities, subnormals, zeros of both signs and sums whose order matters. Deterministic. Throws
// ConvError{Syntax} for another name.
std::vector<Case> corpus_named(const std::string& name);

}  // namespace convcheck
