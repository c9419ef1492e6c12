#include "tools/verdict_json.h"

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "checker/benchdnn.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;

Json number_json(double value) {
  return std::isfinite(value) ? Json(value) : Json(number_text(value));
}

double number_from(const Json& json) {
  return json.is_string() ? std::strtod(json.get_ref<const std::string&>().c_str(), nullptr)
                          : json.get<double>();
}

Json index_json(const Index& index) {
  return std::vector<std::int64_t>(index.begin(), index.end());
}

Index index_from(const Json& json) {
  Index index;
  for (const Json& one : json) index.push_back(one.get<std::int64_t>());
  return index;
}

Json tap_json(const TapValue& tap) {
  return {{"x", index_json(tap.tap.x)},
          {"w", index_json(tap.tap.w)},
          {"y", index_json(tap.tap.y)},
          {"first", number_json(tap.first)},
          {"second", number_json(tap.second)}};
}

TapValue tap_from(const Json& json) {
  TapValue tap;
  tap.tap.x = index_from(json.at("x"));
  tap.tap.w = index_from(json.at("w"));
  tap.tap.y = index_from(json.at("y"));
  tap.first = number_from(json.at("first"));
  tap.second = number_from(json.at("second"));
  return tap;
}

Json wrong_json(const WrongElement& wrong) {
  return {{"index", index_json(wrong.at)},
          {"expected", number_json(wrong.expected)},
          {"got", number_json(wrong.got)}};
}

WrongElement wrong_from(const Json& json) {
  return {index_from(json.at("index")), number_from(json.at("expected")),
          number_from(json.at("got"))};
}

Json shares_json(const std::vector<NamedErrorShare>& shares) {
  Json json = Json::array();
  for (const NamedErrorShare& one : shares) {
    json.push_back({{"name", one.name}, {"judged", one.share.judged}, {"wrong", one.share.wrong}});
  }
  return json;
}

std::vector<NamedErrorShare> shares_from(const Json& json) {
  std::vector<NamedErrorShare> shares;
  for (const Json& one : json) {
    shares.push_back({one.at("name").get<std::string>(),
                      {one.at("judged").get<std::int64_t>(), one.at("wrong").get<std::int64_t>()}});
  }
  return shares;
}

Json map_json(const ErrorMap& map) {
  Json json{{"rows", map.rows},
            {"columns", map.columns},
            {"plane_rows", map.plane_rows},
            {"plane_columns", map.plane_columns},
            {"judged", Json::array()},
            {"wrong", Json::array()},
            {"worst", Json::array()}};
  for (const ErrorShare& cell : map.cells) {
    json["judged"].push_back(cell.judged);
    json["wrong"].push_back(cell.wrong);
  }
  for (const double worst : map.worst) json["worst"].push_back(number_json(worst));
  json["by_border"] = shares_json(map.by_border);
  json["by_channel"] = shares_json(map.by_channel);
  json["by_batch"] = shares_json(map.by_batch);
  return json;
}

ErrorMap map_from(const Json& json) {
  ErrorMap map;
  map.rows = json.at("rows").get<std::size_t>();
  map.columns = json.at("columns").get<std::size_t>();
  map.plane_rows = json.at("plane_rows").get<std::int64_t>();
  map.plane_columns = json.at("plane_columns").get<std::int64_t>();
  const Json &judged = json.at("judged"), &wrong = json.at("wrong");
  for (std::size_t cell = 0; cell < judged.size(); ++cell) {
    map.cells.push_back({judged[cell].get<std::int64_t>(), wrong.at(cell).get<std::int64_t>()});
  }
  for (const Json& worst : json.at("worst")) map.worst.push_back(number_from(worst));
  map.by_border = shares_from(json.at("by_border"));
  map.by_channel = shares_from(json.at("by_channel"));
  map.by_batch = shares_from(json.at("by_batch"));
  return map;
}

Json mismatch_json(const Mismatch& worst) {
  Json json{{"index", index_json(worst.at)},
            {"expected", number_json(worst.expected)},
            {"got", number_json(worst.got)},
            {"bound", number_json(worst.bound)},
            {"in_bounds", number_json(worst.in_bounds)},
            {"ulps", number_json(worst.ulps)},
            {"terms", worst.terms},
            {"wrong", worst.wrong},
            {"judged", worst.judged},
            {"pattern", worst.pattern},
            {"taps", Json::array()},
            {"first", Json::array()}};
  for (const TapValue& tap : worst.taps) json["taps"].push_back(tap_json(tap));
  for (const WrongElement& wrong : worst.first) json["first"].push_back(wrong_json(wrong));
  if (worst.map) json["map"] = map_json(*worst.map);
  return json;
}

Mismatch mismatch_from(const Json& json) {
  Mismatch worst;
  worst.at = index_from(json.at("index"));
  worst.expected = number_from(json.at("expected"));
  worst.got = number_from(json.at("got"));
  worst.bound = number_from(json.at("bound"));
  worst.in_bounds = number_from(json.at("in_bounds"));
  worst.ulps = number_from(json.at("ulps"));
  worst.terms = json.at("terms").get<std::int64_t>();
  worst.wrong = json.at("wrong").get<std::int64_t>();
  worst.judged = json.at("judged").get<std::int64_t>();
  worst.pattern = json.at("pattern").get<std::string>();
  for (const Json& tap : json.at("taps")) worst.taps.push_back(tap_from(tap));
  for (const Json& wrong : json.at("first")) worst.first.push_back(wrong_from(wrong));
  if (json.contains("map")) worst.map = map_from(json.at("map"));
  return worst;
}

Outcome outcome_from(const std::string& name) {
  for (const Outcome outcome : {Outcome::Passed, Outcome::Failed, Outcome::Skipped,
                                Outcome::Vacuous, Outcome::Broken, Outcome::Known}) {
    if (name == to_string(outcome)) return outcome;
  }
  throw std::invalid_argument("outcome = '" + name + "': expected passed, failed ...");
}

}  // namespace

Json verdict_json(const Verdict& verdict) {
  Json json{{"outcome", to_string(verdict.outcome)}};
  if (!verdict.reason.empty()) json["reason"] = verdict.reason;
  if (!verdict.note.empty()) json["note"] = verdict.note;
  if (verdict.worst) json["worst"] = mismatch_json(*verdict.worst);
  return json;
}

Verdict verdict_from_json(const Json& json) {
  Verdict verdict;
  verdict.outcome = outcome_from(json.at("outcome").get<std::string>());
  verdict.reason = json.value("reason", "");
  verdict.note = json.value("note", "");
  if (json.contains("worst")) verdict.worst = mismatch_from(json.at("worst"));
  return verdict;
}

Json unit_json(const UnitResult& result) {
  Json json = verdict_json(result.verdict);
  json["running"] = result.running;
  json["preparing"] = result.preparing;
  if (!result.returned) json["returned"] = false;
  return json;
}

UnitResult unit_from_json(const Json& json) {
  UnitResult result;
  result.verdict = verdict_from_json(json);
  result.running = json.at("running").get<double>();
  result.preparing = json.at("preparing").get<double>();
  result.returned = json.value("returned", true);
  return result;
}

Json finding_json(const Finding& finding) {
  Json json{{"rule", finding.rule},
            {"backend", finding.backend},
            {"case", to_string(finding.subject)},
            {"threads", finding.threads}};
  if (!finding.under.empty()) json["under"] = finding.under;
  if (!finding.plugin.empty()) json["plugin"] = finding.plugin;
  if (!finding.shrunk_from.empty()) json["shrunk_from"] = finding.shrunk_from;
  json.update(verdict_json(finding.verdict));
  json["reproduce"] = reproducer(finding);
  const std::string elsewhere = to_benchdnn(finding.subject).text;
  if (!elsewhere.empty()) json["benchdnn"] = elsewhere;
  return json;
}

Finding finding_from_json(const Json& json) {
  Finding finding;
  finding.rule = json.at("rule").get<std::string>();
  finding.backend = json.at("backend").get<std::string>();
  finding.subject = parse_case(json.at("case").get<std::string>());
  finding.threads = json.at("threads").get<int>();
  finding.under = json.value("under", "");
  finding.plugin = json.value("plugin", "");
  finding.shrunk_from = json.value("shrunk_from", "");
  finding.verdict = verdict_from_json(json);
  return finding;
}

std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace convcheck
