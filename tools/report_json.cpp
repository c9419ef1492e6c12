#include "tools/report_json.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "checker/benchdnn.h"
#include "fast/dispatch.h"
#include "tools/commands.h"
#include "tools/usage_error.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

Json counts_json(const Counts& counts) {
  return {{"planned", counts.planned}, {"passed", counts.passed},
          {"failed", counts.failed},   {"skipped", counts.skipped_in_all()},
          {"vacuous", counts.vacuous}, {"broken", counts.broken},
          {"known", counts.known},     {"skip_reasons", counts.skipped}};
}

// JSON has no NaN and no infinity; those become their names.
Json number_json(double value) {
  return std::isfinite(value) ? Json(value) : Json(number_text(value));
}

Json index_json(const Index& index) {
  return std::vector<std::int64_t>(index.begin(), index.end());
}

Json finding_json(const Finding& finding) {
  Json json{{"outcome", to_string(finding.verdict.outcome)},
            {"rule", finding.rule},
            {"backend", finding.backend},
            {"case", to_string(finding.subject)},
            {"reason", finding.verdict.reason}};
  if (!finding.shrunk_from.empty()) json["shrunk_from"] = finding.shrunk_from;
  if (!finding.verdict.note.empty()) json["note"] = finding.verdict.note;
  if (finding.verdict.worst) {
    const Mismatch& worst = *finding.verdict.worst;
    json["index"] = index_json(worst.at);
    json["expected"] = number_json(worst.expected);
    json["got"] = number_json(worst.got);
    json["bound"] = number_json(worst.bound);
    json["in_bounds"] = number_json(worst.in_bounds);
    json["ulps"] = number_json(worst.ulps);
    json["terms"] = worst.terms;
    json["wrong"] = worst.wrong;
    json["judged"] = worst.judged;
    json["pattern"] = worst.pattern;
  }
  json["reproduce"] = reproducer(finding);
  const std::string elsewhere = to_benchdnn(finding.subject).text;
  if (!elsewhere.empty()) json["benchdnn"] = elsewhere;
  return json;
}

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

std::string json_text(const SuiteResult& result) {
  const Exit exit = exit_of(result.counts);
  Json json{{"program", version_text()},
            {"exit", exit.code},
            {"exit_reason", exit.reason},
            {"total", counts_json(total(result.counts))}};
  json["by_direction"] = Json::array();
  for (const auto& [key, counts] : result.counts) {
    Json row{{"backend", key.first}, {"direction", key.second}};
    row.update(counts_json(counts));
    json["by_direction"].push_back(row);
  }
  json["by_rule"] = Json::array();
  for (const auto& [key, counts] : result.by_rule) {
    Json row{{"backend", key.first}, {"rule", key.second}};
    row.update(counts_json(counts));
    json["by_rule"].push_back(row);
  }
  json["not_built"] = Json::object();
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr) json["not_built"][entry.name] = entry.reason;
  }
  json["versions"] = Json::object();
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr || entry.backend->version().empty()) continue;
    json["versions"][entry.name] = entry.backend->version();
  }
  json["seconds"] = {{"total", result.seconds.total},
                     {"preparing", result.seconds.preparing},
                     {"running", result.seconds.running}};
  json["findings_in_all"] = result.findings_in_all;
  json["findings"] = Json::array();
  for (const Finding& finding : result.findings) json["findings"].push_back(finding_json(finding));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

JsonReport::JsonReport(const std::string& path) : path_(target_of(path)) {
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
  if (!writable) throw UsageError("--json = " + path + ": expected a file that can be written");
}

JsonReport::~JsonReport() {
  if (!partial_.empty()) std::remove(partial_.c_str());
}

void JsonReport::write(const SuiteResult& result) { write(json_text(result)); }

void JsonReport::write(const std::string& text) {
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
