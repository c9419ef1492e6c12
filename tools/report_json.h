// The result of a run for other programs.
#pragma once

#include <string>

#include "checker/suite.h"

namespace convcheck {

std::string json_text(const SuiteResult& result, bool strict = false);

}  // namespace convcheck
