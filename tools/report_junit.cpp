#include "tools/report_junit.h"

#include <fmt/format.h>

#include <map>
#include <pugixml.hpp>
#include <sstream>

#include "checker/printable.h"
#include "tools/commands.h"

namespace convcheck {
namespace {

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name) = printable(value).c_str();
}

pugi::xml_node add_test(pugi::xml_node suite, const std::string& backend, const std::string& name) {
  pugi::xml_node test = suite.append_child("testcase");
  set(test, "classname", "convcheck." + backend);
  set(test, "name", name);
  return test;
}

void add_finding(pugi::xml_node suite, const Finding& finding) {
  pugi::xml_node test =
      add_test(suite, finding.backend, finding.rule + " " + to_string(finding.subject));
  const bool failed = finding.verdict.outcome == Outcome::Failed;
  pugi::xml_node said = test.append_child(failed ? "failure" : "error");
  set(said, "message", finding.verdict.reason);
  set(said, "type", finding.rule);
  said.text() = printable(explain(finding)).c_str();
}

void add_counts(pugi::xml_node suite, const std::string& backend, const std::string& what,
                const Counts& counts) {
  pugi::xml_node test = add_test(suite, backend, what);
  if (counts.passed == 0) test.append_child("skipped").append_attribute("message") = "none passed";
  test.append_child("system-out").text() = printable(accounting_line(counts)).c_str();
}

void fill_suite(pugi::xml_node suite, const std::string& backend, const SuiteResult& result) {
  for (const auto& [key, counts] : result.by_rule) {
    if (key.first == backend) add_counts(suite, backend, "rule " + key.second, counts);
  }
  for (const auto& [key, counts] : result.counts) {
    if (key.first == backend) add_counts(suite, backend, "direction " + key.second, counts);
  }
  for (const Finding& finding : result.findings) {
    if (finding.backend == backend) add_finding(suite, finding);
  }
}

std::size_t count(pugi::xml_node suite, const char* child) {
  std::size_t found = 0;
  for (pugi::xml_node test : suite.children("testcase")) found += !test.child(child).empty();
  return found;
}

void set_totals(pugi::xml_node suite) {
  std::size_t tests = 0;
  for (pugi::xml_node test : suite.children("testcase")) tests += !test.empty();
  set(suite, "tests", std::to_string(tests));
  set(suite, "failures", std::to_string(count(suite, "failure")));
  set(suite, "errors", std::to_string(count(suite, "error")));
  set(suite, "skipped", std::to_string(count(suite, "skipped")));
}

}  // namespace

std::string junit_text(const RunRecord& record, bool strict) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  pugi::xml_node suites = document.append_child("testsuites");
  set(suites, "name", version_text());
  set(suites, "time", fmt::format("{:.3f}", record.result.seconds.total));
  std::map<std::string, double> seconds = record.result.seconds.running;
  for (const auto& [key, counts] : record.result.counts) seconds.emplace(key.first, 0);
  for (const auto& [backend, running] : seconds) {
    pugi::xml_node suite = suites.append_child("testsuite");
    set(suite, "name", backend);
    set(suite, "time", fmt::format("{:.3f}", running));
    fill_suite(suite, backend, record.result);
    set_totals(suite);
  }
  const Exit exit = exit_of(record.result.counts, strict);
  if (exit.code != 0) {  // so that a run that is not green has a test that is not
    pugi::xml_node suite = suites.append_child("testsuite");
    set(suite, "name", "account");
    pugi::xml_node test = add_test(suite, "account", "exit code");
    set(test.append_child("failure"), "message", exit.reason);
    test.append_child("system-out").text() =
        printable(accounting_line(total(record.result.counts))).c_str();
    set_totals(suite);
  }
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace convcheck
