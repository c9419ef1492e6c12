// A file of cases that failed, to be run again.
#pragma once

#include <string>

#include "checker/suite.h"

namespace convcheck {

inline constexpr const char* kFailingCasesFile = "convcheck_random.cases";

class FailingCases {
 public:
  // Throws UsageError unless lines can be appended to the file; it is not made before there are
  // some.
  explicit FailingCases(std::string path);

  // Appends the failed cases that are not in the file yet, each below a comment with the command
  // that repeats it, and returns a sentence about it for the report: empty if nothing failed.
  // Throws std::runtime_error when they cannot be written.
  std::string append(const SuiteResult& result) const;

 private:
  std::string path_;
};

}  // namespace convcheck
