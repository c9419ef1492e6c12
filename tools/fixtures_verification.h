// Holding a file that has been read against the backends of this build.
#pragma once

#include "fixtures/theano.h"
#include "tools/fixtures_cases.h"
#include "tools/fixtures_tally.h"

namespace convcheck {

// Throws FileError where the file turns out to contradict itself, or to speak of functions that are
// not known.
Tally verify(const TheanoFile& file, CaseRunner& runner);

std::vector<BackendPtr> built_backends();

}  // namespace convcheck
