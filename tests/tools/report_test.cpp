// The reports of a run that has something of everything.
#include "tools/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "tools/case_factors.h"
#include "tools/report_html.h"
#include "tools/report_json.h"
#include "tools/report_junit.h"
#include "tools/results_json.h"
#include "tools/verdict_json.h"

namespace convcheck {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

const Case kCase = parse_case("conv2d.forward f32 x=2x3x5x7 w=4x3x3x3 border=1 name=net:conv1");

Finding failed_finding() {
  Mismatch worst;
  worst.at = {1, 2, 0, 3};
  worst.expected = std::numeric_limits<double>::quiet_NaN();
  worst.got = -std::numeric_limits<double>::infinity();
  worst.bound = 1.0 / 3;
  worst.in_bounds = 1e300;
  worst.terms = 27;
  worst.wrong = 5;
  worst.judged = 280;
  worst.pattern = "every error is in </script><the> last \"column\" & more";
  worst.taps = {{{{1, 0, 0, 2}, {2, 0, 1, 1}, {1, 2, 0, 3}}, 3, -0.5}};
  worst.first = {{{1, 2, 0, 3}, 1, 2}};
  worst.map = ErrorMap{};
  worst.map->rows = 1;
  worst.map->columns = 2;
  worst.map->cells = {{4, 0}, {4, 4}};
  worst.map->worst = {0, std::numeric_limits<double>::infinity()};
  worst.map->by_border = {{"last column", {4, 4}}};
  Finding finding{kCase, "mine", "value",
                  Verdict::failed("the result is not the definition's", worst)};
  finding.threads = 2;
  finding.plugin = "./lib mine.so";
  finding.shrunk_from = "resnet_50:conv1";
  finding.verdict.note = "control \x01 and bytes that are no text \xff";
  return finding;
}

RunRecord some_record() {
  RunRecord record;
  record.header.backends = {{"mine", "./lib mine.so", "1.0"}};
  record.header.rules = {"value", "bounds"};
  record.header.cases = 2;
  record.header.units_by_shard = {3};
  Books books(10);
  books.add(0, failed_finding());
  books.add(0, {kCase, "mine", "bounds", Verdict::passed()});
  books.add(1, {kCase, "mine", "value", Verdict::skipped("type <f16>")});
  record.result = books.close();
  record.rows = {{0, to_string(kCase), {"fp"}}, {1, to_string(kCase), {"s-"}}};
  return record;
}

Json page_data(const std::string& page) {
  const std::string opening = "id=\"data\">";
  const std::size_t from = page.find(opening) + opening.size();
  return Json::parse(page.substr(from, page.find("</script>", from) - from));
}

TEST(VerdictJson, KeepsAllOfAFinding) {
  Finding finding = failed_finding();
  finding.verdict.note = "kept";
  const Json json = Json::parse(one_line(finding_json(finding)));
  EXPECT_EQ(one_line(finding_json(finding_from_json(json))), one_line(json));
  const Finding back = finding_from_json(json);
  EXPECT_EQ(explain(back), explain(finding));
  ASSERT_TRUE(back.verdict.worst && back.verdict.worst->map);
  EXPECT_EQ(back.verdict.worst->map->worst[1], std::numeric_limits<double>::infinity());
  EXPECT_EQ(back.verdict.worst->got, finding.verdict.worst->got);
  EXPECT_TRUE(std::isnan(back.verdict.worst->expected));
}

TEST(VerdictJson, KeepsWhetherTheCallCameBack) {
  UnitResult result{.unit = {}, .verdict = Verdict::failed("killed")};
  result.returned = false;
  result.running = 0.25;
  const UnitResult back = unit_from_json(Json::parse(one_line(unit_json(result))));
  EXPECT_FALSE(back.returned);
  EXPECT_EQ(back.running, 0.25);
  EXPECT_EQ(back.verdict.reason, "killed");
}

TEST(VerdictJson, KeepsEveryOutcome) {
  for (const Outcome outcome : {Outcome::Passed, Outcome::Failed, Outcome::Skipped,
                                Outcome::Vacuous, Outcome::Broken, Outcome::Known}) {
    Verdict verdict;
    verdict.outcome = outcome;
    EXPECT_EQ(verdict_from_json(verdict_json(verdict)).outcome, outcome);
  }
}

TEST(VerdictJson, RefusesWhatIsNoVerdict) {
  EXPECT_ANY_THROW(verdict_from_json(Json::parse(R"({"outcome":"perhaps"})")));
  EXPECT_ANY_THROW(verdict_from_json(Json::parse(R"({})")));
  EXPECT_ANY_THROW(verdict_from_json(Json::parse(R"({"outcome":3})")));
}

TEST(ResultsJson, ACaseComesBackAsItWas) {
  const RunHeader header = some_record().header;
  CaseResult result{1, {}, 0};
  result.units.push_back({.unit = {0, 0}, .verdict = failed_finding().verdict});
  result.units.push_back({.unit = {0, 1}, .verdict = Verdict::passed()});
  result.units[0].returned = false;
  const Json json = Json::parse(one_line(case_json(header, kCase, result)));
  const CaseResult back = case_from_json(json, header);
  EXPECT_EQ(back.number, 1u);
  ASSERT_EQ(back.units.size(), 2u);
  EXPECT_FALSE(back.units[0].returned);
  EXPECT_EQ(back.units[0].verdict.worst->pattern, result.units[0].verdict.worst->pattern);
  EXPECT_EQ(back.units[1].verdict.outcome, Outcome::Passed);
}

TEST(ResultsJson, EveryOutcomeHasALetterOfItsOwnAndAnotherLetterIsRefusedWithAllOfThem) {
  for (const Outcome outcome : {Outcome::Passed, Outcome::Failed, Outcome::Skipped,
                                Outcome::Vacuous, Outcome::Broken, Outcome::Known}) {
    EXPECT_EQ(outcome_of(letter_of(outcome)), outcome);
  }
  try {
    outcome_of('x');
    ADD_FAILURE() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "outcome 'x': expected one of p f s v b k");
  }
}

TEST(ResultsJson, RefusesContradictions) {
  const RunHeader header = some_record().header;
  for (
      const char* text :
      {R"({"n":2,"case":"","units":["pp"],"seconds":[0,0]})",
       R"({"n":1e300,"case":"","units":["pp"],"seconds":[0,0]})",
       R"({"n":-1,"case":"","units":["pp"],"seconds":[0,0]})",
       R"({"n":0,"case":"","units":["p"],"seconds":[0,0]})",
       R"({"n":0,"case":"","units":["pp","pp"],"seconds":[0,0]})",
       R"({"n":0,"case":"","units":["pz"],"seconds":[0,0]})",
       R"({"n":0,"case":"","units":["pp"],"seconds":[0]})",
       R"({"n":0,"case":"","units":["p-"],"seconds":[0,0],"more":[{"backend":0,"rule":1,"outcome":"failed"}]})"}) {
    EXPECT_ANY_THROW(case_from_json(Json::parse(text), header)) << text;
  }
}

TEST(TableText, TheNumbersStandInColumnsHoweverLongANameIs) {
  SuiteResult result;
  result.counts[{"a", "forward"}].add(Verdict::passed(), 7);
  result.counts[{"a_name_of_more_than_twelve_letters", "forward"}].add(Verdict::passed(), 7);
  std::istringstream text(table_text(result));
  std::string head, one, two;
  std::getline(text, head) && std::getline(text, one) && std::getline(text, two);
  EXPECT_EQ(head.find("planned") + 6, one.find('7'));
  EXPECT_EQ(one.find('7'), two.find('7'));
}

TEST(Junit, HasTheFindingAsAFailureAndIsWellFormed) {
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(junit_text(some_record(), false).c_str()));
  const pugi::xml_node suite =
      document.child("testsuites").find_child_by_attribute("testsuite", "name", "mine");
  EXPECT_EQ(suite.attribute("failures").as_int(), 1);
  EXPECT_EQ(suite.attribute("errors").as_int(), 0);
  int failures = 0;
  for (const pugi::xml_node test : suite.children("testcase")) {
    const pugi::xml_node failure = test.child("failure");
    if (failure.empty()) continue;
    ++failures;
    EXPECT_THAT(test.attribute("name").value(), HasSubstr("value conv2d.forward"));
    EXPECT_THAT(failure.text().get(), HasSubstr("<the> last \"column\" & more"));
    EXPECT_THAT(failure.text().get(), HasSubstr("reproduce  convcheck run"));
  }
  EXPECT_EQ(failures, 1);
  const auto account =
      document.child("testsuites").find_child_by_attribute("testsuite", "name", "account");
  EXPECT_EQ(account.attribute("failures").as_int(), 1);
}

TEST(Junit, AGreenRunHasNoFailure) {
  RunRecord record;
  Books books(10);
  books.add(0, {kCase, "mine", "value", Verdict::passed()});
  record.result = books.close();
  EXPECT_THAT(junit_text(record, false), Not(HasSubstr("<failure")));
}

TEST(Html, TheDataCannotEndItsElement) {
  const std::string page = html_text(some_record(), false);
  const Json data = page_data(page);
  EXPECT_EQ(data.at("exit"), 1);
  EXPECT_EQ(data.at("findings").at(0).at("case"), to_string(kCase));
  EXPECT_EQ(data.at("findings").at(0).at("worst").at("map").at("wrong").at(1), 4);
  EXPECT_EQ(data.at("cases").at(0).at(1).at(0), "fp");
}

TEST(Html, FailedCasesComeFirstAndTheRestIsCounted) {
  RunRecord record = some_record();
  record.rows.assign(kCasesInPage + 10, {0, to_string(kCase), {"pp"}});
  record.rows.push_back({7, to_string(kCase), {"pf"}});
  const Json data = page_data(html_text(record, false));
  EXPECT_EQ(data.at("cases").size(), kCasesInPage);
  EXPECT_EQ(data.at("cases_in_all"), kCasesInPage + 11);
  EXPECT_EQ(data.at("cases").at(0).at(1).at(0), "pf");
}

TEST(Html, CountsCombinationsOfFactors) {
  const Json coverage = page_data(html_text(some_record(), false)).at("coverage");
  ASSERT_EQ(coverage.at("combinations").size(), 1u);
  EXPECT_EQ(coverage.at("combinations").at(0).at(1), 2);
  EXPECT_EQ(coverage.at("factors").size(), case_factors().size());
}

TEST(CaseFactors, NameWhatACaseIs) {
  const auto value = [](const char* line, const std::string& factor) {
    const std::vector<std::size_t> places = factors_of(parse_case(line));
    for (std::size_t at = 0; at < places.size(); ++at) {
      if (case_factors()[at].name == factor) return case_factors()[at].values.at(places[at]);
    }
    return std::string();
  };
  const char* line =
      "conv2d.grad_weights f16 x=2x4x9x9 w=8x1x3x3 border=1,(0,2) subsample=1x2 dilation=2 "
      "groups=4";
  EXPECT_EQ(value(line, "border"), "asymmetric");
  EXPECT_EQ(value(line, "stride"), "unequal");
  EXPECT_EQ(value(line, "dilation"), "equal");
  EXPECT_EQ(value(line, "groups"), "depthwise");
  EXPECT_EQ(value(line, "direction"), "grad_weights");
  EXPECT_EQ(value(line, "type"), "f16");
  EXPECT_EQ(value("conv3d.forward f32 x=2x4x9x9x9 w=8x2x3x3x3 groups=2 border=1,2,1", "border"),
            "unequal pads");
  EXPECT_EQ(value("conv3d.forward f32 x=2x4x9x9x9 w=8x2x3x3x3 groups=2", "groups"), "several");
  EXPECT_EQ(value("conv1d.forward f32 x=2x4x9 w=8x4x3 border=full", "border"), "full");
  EXPECT_EQ(value("bilinear_upsampling.forward f32 x=1x2x4x5 ratio=2", "function"),
            "bilinear_upsampling");
}

}  // namespace
}  // namespace convcheck
