// The honest kernel on several threads: images of the batch are shared out, or, for the weight
// gradient, filters. Every element is summed by one thread, so the result does not depend on their
// number.
#pragma once

#include <string>

#include "reference/backend.h"

namespace convcheck {

BackendPtr threaded_kernel(const std::string& name);

}  // namespace convcheck
