#include "tools/failing_cases.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include "checker/accounting.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

namespace fs = std::filesystem;

std::set<std::string> lines_of(const std::string& path) {
  std::set<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

std::string comment(const Finding& finding) {
  std::string text = "# " + reproducer(finding);
  if (!finding.shrunk_from.empty()) text += "  shrunk from " + finding.shrunk_from;
  return text;
}

}  // namespace

FailingCases::FailingCases(std::string path) : path_(std::move(path)) {
  std::error_code ignored;
  const bool existed = fs::exists(path_, ignored);
  if (!std::ofstream(path_, std::ios::app)) {
    throw UsageError("--append = " + path_ + ": expected a file that can be written");
  }
  if (!existed) fs::remove(path_, ignored);
}

std::string FailingCases::append(const SuiteResult& result) const {
  std::set<std::string> known = lines_of(path_);
  std::string text;
  std::int64_t failed = 0, added = 0;
  for (const Finding& finding : result.findings) {
    if (finding.verdict.outcome != Outcome::Failed) continue;
    ++failed;
    const std::string line = to_string(finding.subject);
    if (!known.insert(line).second) continue;
    text += comment(finding) + "\n" + line + "\n";
    ++added;
  }
  if (failed == 0) return "";
  if (!text.empty() && !(std::ofstream(path_, std::ios::app) << text << std::flush)) {
    throw std::runtime_error(path_ + " could not be written");
  }
  return with_separators(added) + " failing cases appended to " + path_ +
         (added == 0 ? " (they are there already)" : "") + "; again: convcheck suite --cases " +
         path_ + "\n";
}

}  // namespace convcheck
