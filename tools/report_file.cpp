#include "tools/report_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "tools/usage_error.h"

namespace convcheck {
namespace {

namespace fs = std::filesystem;

// Another name of an open file, such as /dev/fd/3.
bool is_descriptor(const fs::path& path) {
  const std::string text = path.string();
  return text.starts_with("/proc/") || text.starts_with("/dev/fd/");
}

// Whether standard output goes there: opening it once more would overwrite what was printed.
bool is_standard_output(const fs::path& path) {
  struct stat file {};
  struct stat output {};
  return stat(path.c_str(), &file) == 0 && fstat(STDOUT_FILENO, &output) == 0 &&
         file.st_dev == output.st_dev && file.st_ino == output.st_ino;
}

// What a chain of symbolic links ends in, which need not exist; a descriptor is not followed.
fs::path target_of(fs::path path) {
  constexpr int kLongestChain = 40;  // as the system has it
  std::error_code none;
  for (int links = 0; links < kLongestChain && fs::is_symlink(path, none); ++links) {
    if (is_descriptor(path)) return path;
    path = path.parent_path() / fs::read_symlink(path);
  }
  return path;
}

}  // namespace

ReportFile::ReportFile(const std::string& option, const std::string& path)
    : path_(target_of(path)) {
  if (is_standard_output(path_)) return;
  const fs::file_status status = fs::status(path_);
  bool writable = false;
  if (!fs::exists(status) || (fs::is_regular_file(status) && !is_descriptor(path_))) {
    partial_ = path_.string() + ".partial." + std::to_string(getpid());
    writable = static_cast<bool>(std::ofstream(partial_));
    std::remove(partial_.c_str());  // so that a run that is cut short leaves nothing
  } else if (!fs::is_directory(status)) {
    direct_.open(path_, std::ios::app);
    writable = direct_.is_open();
  }
  if (!writable) throw UsageError(option + " = " + path + ": expected a file that can be written");
}

ReportFile::~ReportFile() {
  if (!partial_.empty()) std::remove(partial_.c_str());
}

void ReportFile::write(const std::string& text) {
  if (partial_.empty() && !direct_.is_open()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  if (!partial_.empty()) direct_.open(partial_);
  direct_ << text;
  direct_.close();
  if (!direct_) throw std::runtime_error(path_.string() + ": writing failed");
  if (!partial_.empty()) fs::rename(partial_, path_);
}

}  // namespace convcheck
