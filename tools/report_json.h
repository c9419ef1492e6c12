// The result of a run for other programs.
#pragma once

#include <string>

#include "checker/suite.h"

namespace convcheck {

// Written beside the target and renamed into place when complete, so that a reader never sees half
// of it.
class JsonReport {
 public:
  // Throws UsageError when the file cannot be written, before anything is run.
  explicit JsonReport(std::string path);
  ~JsonReport();
  JsonReport(const JsonReport&) = delete;
  JsonReport& operator=(const JsonReport&) = delete;

  // Throws std::runtime_error when the disk is full, say.
  void write(const SuiteResult& result);
  void write(const std::string& text);

 private:
  std::string path_, partial_;
};

std::string json_text(const SuiteResult& result);

}  // namespace convcheck
