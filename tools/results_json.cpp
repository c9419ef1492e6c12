#include "tools/results_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tools/verdict_json.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;

// Of a case with n backends: what preparing took, then each backend's calls.
std::vector<double> seconds_of(const RunHeader& header, const CaseResult& result) {
  std::vector<double> seconds(1 + header.backends.size(), 0);
  for (const UnitResult& unit : result.units) {
    seconds[0] += unit.preparing;
    seconds.at(1 + unit.unit.backend) += unit.running;
  }
  for (double& one : seconds) one = std::stod(fmt::format("{:.3g}", one));
  return seconds;
}

bool is_plain(const UnitResult& unit) {
  return unit.verdict.outcome == Outcome::Passed && unit.returned;
}

UnitResult& unit_at(CaseResult& result, const Unit& unit) {
  for (UnitResult& one : result.units) {
    if (one.unit == unit) return one;
  }
  throw std::invalid_argument("details of a unit that does not apply");
}

void add_units(CaseResult& result, const std::string& letters, std::size_t backend) {
  for (std::size_t rule = 0; rule < letters.size(); ++rule) {
    if (letters[rule] == '-') continue;
    UnitResult unit{.unit = {backend, rule}, .verdict = {}};
    unit.verdict.outcome = outcome_of(letters[rule]);
    result.units.push_back(unit);
  }
}

// A number such as 1e300 is none.
template <class Number>
Number whole(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (!value.is_number_integer())
    throw std::invalid_argument(std::string(key) + ": expected a whole number");
  return value.get<Number>();
}

// So few that they can be added up, and no more than there can be.
void require_possible_units(const RunHeader& header) {
  constexpr double kMost = 1e15;
  double sum = 0;
  for (const std::int64_t units : header.units_by_shard) {
    sum += units >= 0 ? static_cast<double>(units) : kMost;
  }
  const double possible = static_cast<double>(header.cases) *
                          static_cast<double>(header.backends.size() * header.rules.size());
  if (!(sum <= possible && sum < kMost)) {
    throw std::invalid_argument(
        "units_by_shard: expected at most cases * backends * rules in all, and none below 0");
  }
}

}  // namespace

Json header_json(const RunHeader& header) {
  Json backends = Json::array();
  for (const BackendLabel& one : header.backends) {
    backends.push_back({{"name", one.name}, {"plugin", one.plugin}, {"version", one.version}});
  }
  return {{"convcheck", "results"},       {"schema", kResultsSchema},
          {"version", header.version},    {"cases", header.cases},
          {"digest", header.digest},      {"backends", backends},
          {"named", header.named},        {"rules", header.rules},
          {"threads", header.threads},    {"shard", header.shard.number},
          {"shards", header.shard.count}, {"units_by_shard", header.units_by_shard}};
}

RunHeader header_from_json(const Json& json) {
  if (json.at("convcheck") != "results") throw std::invalid_argument("no result file");
  if (json.at("schema") != kResultsSchema) {
    throw std::invalid_argument(
        fmt::format("schema = {}: expected {}", json.at("schema").dump(), kResultsSchema));
  }
  RunHeader header;
  header.version = json.at("version").get<std::string>();
  header.cases = whole<std::size_t>(json, "cases");
  header.digest = json.at("digest").get<std::string>();
  for (const Json& one : json.at("backends")) {
    header.backends.push_back({one.at("name").get<std::string>(),
                               one.at("plugin").get<std::string>(),
                               one.at("version").get<std::string>()});
  }
  header.named = json.value("named", true);
  header.rules = json.at("rules").get<std::vector<std::string>>();
  header.threads = whole<int>(json, "threads");
  header.shard = {whole<std::size_t>(json, "shard"), whole<std::size_t>(json, "shards")};
  header.units_by_shard = json.at("units_by_shard").get<std::vector<std::int64_t>>();
  if (header.shard.number < 1 || header.shard.number > header.shard.count ||
      header.units_by_shard.size() != header.shard.count) {
    throw std::invalid_argument("shard: expected 1 to the number of shards");
  }
  require_possible_units(header);
  return header;
}

Json case_json(const RunHeader& header, const Case& c, const CaseResult& result) {
  Json json{{"n", result.number},
            {"case", to_string(c)},
            {"units", letters_of(result, header)},
            {"seconds", seconds_of(header, result)}};
  for (const UnitResult& unit : result.units) {
    if (is_plain(unit)) continue;
    Json more{{"backend", unit.unit.backend}, {"rule", unit.unit.rule}};
    more.update(verdict_json(unit.verdict));
    if (!unit.returned) more["returned"] = false;
    json["more"].push_back(std::move(more));
  }
  return json;
}

CaseResult case_from_json(const Json& json, const RunHeader& header) {
  CaseResult result{whole<std::size_t>(json, "n"), {}};
  if (result.number >= header.cases) throw std::invalid_argument("n: expected less than cases");
  const auto letters = json.at("units").get<std::vector<std::string>>();
  const auto seconds = json.at("seconds").get<std::vector<double>>();
  if (letters.size() != header.backends.size() || seconds.size() != letters.size() + 1) {
    throw std::invalid_argument("units: expected a text for each backend");
  }
  for (std::size_t backend = 0; backend < letters.size(); ++backend) {
    if (letters[backend].size() != header.rules.size())
      throw std::invalid_argument("units: expected a letter for each rule");
    const std::size_t first = result.units.size();
    add_units(result, letters[backend], backend);
    if (first < result.units.size()) result.units[first].running = seconds[backend + 1];
  }
  if (!result.units.empty()) result.units[0].preparing = seconds[0];
  if (!json.contains("more")) return result;
  for (const Json& more : json.at("more")) {
    UnitResult& unit =
        unit_at(result, {whole<std::size_t>(more, "backend"), whole<std::size_t>(more, "rule")});
    unit.verdict = verdict_from_json(more);
    unit.returned = more.value("returned", true);
  }
  return result;
}

Json end_json(const RunEnd& end) {
  Json inner{{"exit", end.exit},
             {"reason", end.reason},
             {"seconds", end.seconds},
             {"findings", Json::array()}};
  for (const Finding& finding : end.findings) inner["findings"].push_back(finding_json(finding));
  return {{"end", inner}};
}

RunEnd end_from_json(const Json& json) {
  RunEnd end{json.at("exit").get<int>(),
             json.at("reason").get<std::string>(),
             json.at("seconds").get<double>(),
             {}};
  for (const Json& one : json.at("findings")) end.findings.push_back(finding_from_json(one));
  return end;
}

}  // namespace convcheck
