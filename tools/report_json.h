// The result of a run for other programs.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "checker/suite.h"

namespace convcheck {

// A regular or new file is written beside itself and renamed into place when complete, so that a
// reader never sees half of it; the target of a symbolic link likewise, and the link stays. A
// device or a pipe is written to as it is, and so is what standard output goes to.
class JsonReport {
 public:
  // Throws UsageError when the file cannot be written, before anything is run.
  explicit JsonReport(const std::string& path);
  ~JsonReport();
  JsonReport(const JsonReport&) = delete;
  JsonReport& operator=(const JsonReport&) = delete;

  // Throws std::runtime_error when the disk is full, say.
  void write(const SuiteResult& result);
  void write(const std::string& text);

 private:
  std::filesystem::path path_;
  std::string partial_;   // empty unless it is renamed
  std::ofstream direct_;  // not open, and no `partial_`: standard output
};

std::string json_text(const SuiteResult& result);

}  // namespace convcheck
