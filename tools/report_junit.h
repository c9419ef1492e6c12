// The result of a run as JUnit XML, which CI systems read.
#pragma once

#include <string>

#include "tools/run_record.h"

namespace convcheck {

// A test suite for each backend. In it a test case for each kept finding, named by its rule and
// case line, with a <failure> (failed) or an <error> (broken); and for each rule and direction one
// that stands for all units that passed, with their numbers, <skipped/> where none did.
std::string junit_text(const RunRecord& record, bool strict);

}  // namespace convcheck
