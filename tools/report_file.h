// A file that a report is written to.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace convcheck {

// A regular or new file is written beside itself and renamed into place when complete, so that a
// reader never sees half of it; the target of a symbolic link likewise, and the link stays. A
// device or a pipe is written to as it is, and so is what standard output goes to.
class ReportFile {
 public:
  // `option` is what a message calls it: "--json". Throws UsageError when the file cannot be
  // written, before anything is run.
  ReportFile(const std::string& option, const std::string& path);
  ~ReportFile();
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;

  // Throws std::runtime_error when the disk is full, say.
  void write(const std::string& text);

 private:
  std::filesystem::path path_;
  std::string partial_;   // empty unless it is renamed
  std::ofstream direct_;  // not open, and no `partial_`: standard output
};

}  // namespace convcheck
