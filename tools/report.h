// What the program prints at the end of a run.
#pragma once

#include <string>

#include "checker/suite.h"

namespace convcheck {

// The findings, at most `shown` of them, as explain() has them.
std::string findings_text(const SuiteResult& result, std::size_t shown);

// A table by backend and direction, and the backends that were not built.
std::string table_text(const SuiteResult& result);

// "planned 12 = passed ... + known 0    exit 0", and why when it is not 0.
std::string closing_line(const CountsByDirection& counts, bool strict = false);

}  // namespace convcheck
