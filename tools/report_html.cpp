#include "tools/report_html.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "fast/dispatch.h"
#include "tools/case_factors.h"
#include "tools/commands.h"
#include "tools/report_page.h"
#include "tools/verdict_json.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;

Json counts_json(const CountsByDirection& counts) {
  Json rows = Json::array();
  for (const auto& [key, one] : counts) {
    rows.push_back({{"backend", key.first},
                    {"what", key.second},
                    {"planned", one.planned},
                    {"passed", one.passed},
                    {"failed", one.failed},
                    {"skipped", one.skipped_in_all()},
                    {"vacuous", one.vacuous},
                    {"broken", one.broken},
                    {"known", one.known},
                    {"reasons", one.skipped}});
  }
  return rows;
}

// The worst outcome first.
std::size_t urgency(const CaseRow& row) {
  constexpr std::string_view kOrder = "fbkvsp-";
  std::size_t worst = kOrder.size();
  for (const std::string& letters : row.letters) {
    for (const char letter : letters) worst = std::min(worst, kOrder.find(letter));
  }
  return worst;
}

Json cases_json(const std::vector<CaseRow>& rows) {
  std::vector<const CaseRow*> sorted;
  for (const CaseRow& row : rows) sorted.push_back(&row);
  std::sort(sorted.begin(), sorted.end(), [](const CaseRow* a, const CaseRow* b) {
    return std::pair(urgency(*a), a->number) < std::pair(urgency(*b), b->number);
  });
  sorted.resize(std::min(sorted.size(), kCasesInPage));
  Json json = Json::array();
  for (const CaseRow* row : sorted) json.push_back({row->line, row->letters});
  return json;
}

// How many cases have each combination of the factors' values that there is.
Json coverage_json(const std::vector<CaseRow>& rows) {
  std::map<std::vector<std::size_t>, std::int64_t> combinations;
  for (const CaseRow& row : rows) ++combinations[factors_of(parse_case(row.line))];
  Json json{{"factors", Json::array()}, {"combinations", Json::array()}};
  for (const Factor& factor : case_factors()) {
    json["factors"].push_back({{"name", factor.name}, {"values", factor.values}});
  }
  for (const auto& [values, count] : combinations) json["combinations"].push_back({values, count});
  return json;
}

Json findings_json(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& finding : findings) {
    Json one = finding_json(finding);
    one["text"] = explain(finding);
    json.push_back(std::move(one));
  }
  return json;
}

Json data_of(const RunRecord& record, bool strict) {
  const SuiteResult& result = record.result;
  const Exit exit = exit_of(result.counts, strict);
  Json json{{"version", version_text()},
            {"exit", exit.code},
            {"reason", exit.reason},
            {"account", accounting_line(total(result.counts))},
            {"seconds", result.seconds.total},
            {"shard", record.header.shard.number},
            {"shards", record.header.shard.count},
            {"rules", record.header.rules},
            {"backends", Json::array()},
            {"not_built", Json::object()},
            {"by_direction", counts_json(result.counts)},
            {"by_rule", counts_json(result.by_rule)},
            {"findings_in_all", result.findings_in_all},
            {"findings", findings_json(result.findings)},
            {"cases_in_all", record.rows.size()},
            {"cases", cases_json(record.rows)},
            {"coverage", coverage_json(record.rows)}};
  for (const BackendLabel& one : record.header.backends) json["backends"].push_back(one.name);
  for (const BackendEntry& entry : backends()) {
    if (entry.backend == nullptr) json["not_built"][entry.name] = entry.reason;
  }
  return json;
}

// Inside a script element only this could end it.
std::string harmless(std::string text) {
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos; at += 6) {
    text.replace(at, 1, "\\u003c");
  }
  return text;
}

}  // namespace

std::string html_text(const RunRecord& record, bool strict) {
  constexpr std::string_view kPlace = "@DATA@";
  std::string page = report_page();
  page.replace(page.find(kPlace), kPlace.size(), harmless(one_line(data_of(record, strict))));
  return page;
}

}  // namespace convcheck
