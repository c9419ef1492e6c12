// Theano's cases as a golden file has them, to be shown and exported.
#pragma once

#include "fixtures/golden.h"
#include "fixtures/theano.h"

namespace convcheck {

// All cases but those with logical shapes, which no case line can say. Inexact ones have no bound:
// theano.h5 has none.
GoldenFile as_golden(const TheanoFile& file);

}  // namespace convcheck
