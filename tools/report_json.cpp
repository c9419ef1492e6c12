#include "tools/report_json.h"

#include <nlohmann/json.hpp>

#include "fast/dispatch.h"
#include "tools/commands.h"
#include "tools/verdict_json.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;

Json counts_json(const Counts& counts) {
  return {{"planned", counts.planned}, {"passed", counts.passed},
          {"failed", counts.failed},   {"skipped", counts.skipped_in_all()},
          {"vacuous", counts.vacuous}, {"broken", counts.broken},
          {"known", counts.known},     {"skip_reasons", counts.skipped}};
}

}  // namespace

std::string json_text(const SuiteResult& result, bool strict) {
  const Exit exit = exit_of(result.counts, strict);
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

}  // namespace convcheck
