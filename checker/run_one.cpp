// One unit at a time, and making a failing one small.
#include <limits>
#include <optional>

#include "checker/rules/all_rules.h"
#include "checker/rules/value.h"
#include "checker/suite.h"

namespace convcheck {

Verdict run_one(const Case& c, const BackendPtr& backend, const Rule& rule,
                const SuiteOptions& options) {
  Verdict verdict = Verdict::skipped("the rule does not apply");
  SuiteOptions one = options;
  one.threads = call_threads(options);
  one.jobs = 1;
  one.rules = {rule};
  one.shard = {};
  one.earlier.clear();
  one.findings_shrunk = 0;
  one.on_planned = nullptr;
  one.on_case = nullptr;
  one.repeated_flops = std::numeric_limits<double>::infinity();
  one.on_unit = [&](const Finding& finding) { verdict = finding.verdict; };
  run_suite({c}, {backend}, one);
  return verdict;
}

Verdict run_one(const Case& c, const BackendPtr& backend, const SuiteOptions& options) {
  return run_one(c, backend, value_rule(), options);
}

Finding shrunk(const Finding& finding, const BackendPtr& backend, const SuiteOptions& options) {
  const Rule& rule = rule_named(finding.under.empty() ? finding.rule : finding.under);
  Finding smallest = finding;
  const std::unique_ptr<UnitRunner> runner = new_runner(options, {.backends = {backend},
                                                                  .rules = {rule},
                                                                  .threads = finding.threads,
                                                                  .limits = options.limits,
                                                                  .composed = options.composed});
  const auto fails = [&](const Case& c) {
    if (!rule_applies(rule, c)) return false;
    Finding found = finding;
    runner->run(c, {Unit{}}, [&](const UnitResult& unit) {
      found = finding_of(c, finding.backend, rule.name, finding.threads, unit);
    });
    if (found.verdict.outcome != Outcome::Failed || found.rule != finding.rule) return false;
    found.shrunk_from = finding.shrunk_from;
    found.plugin = finding.plugin;
    smallest = found;
    return true;
  };
  shrink(finding.subject, fails, options.shrinking);
  if (smallest.subject != finding.subject && smallest.shrunk_from.empty()) {
    smallest.shrunk_from =
        finding.subject.name.empty() ? to_string(finding.subject) : finding.subject.name;
    const std::optional<Mismatch>& first = finding.verdict.worst;
    if (first && smallest.verdict.worst) smallest.verdict.worst->map = first->map;
    if (first && !first->pattern.empty()) {
      smallest.verdict.note = "before shrinking " + with_separators(first->wrong) + " of " +
                              with_separators(first->judged) +
                              " judged elements were wrong: " + first->pattern;
    }
  }
  return smallest;
}

}  // namespace convcheck
