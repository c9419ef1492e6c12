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
  one.findings_shrunk = 0;
  one.on_planned = nullptr;
  one.repeated_flops = std::numeric_limits<double>::infinity();
  one.on_unit = [&](const Finding& finding) { verdict = finding.verdict; };
  run_suite({c}, {backend}, one);
  return verdict;
}

Verdict run_one(const Case& c, const BackendPtr& backend, const SuiteOptions& options) {
  return run_one(c, backend, value_rule(), options);
}

Finding shrunk(const Finding& finding, const BackendPtr& backend, const SuiteOptions& options) {
  const Rule& rule = rule_named(finding.rule);
  Finding smallest = finding;
  SuiteOptions one = options;
  one.deadline.reset();
  one.threads = finding.threads;
  const auto fails = [&](const Case& c) {
    const Verdict verdict = run_one(c, backend, rule, one);
    if (verdict.outcome != Outcome::Failed) return false;
    smallest.subject = c;
    smallest.verdict = verdict;
    return true;
  };
  shrink(finding.subject, fails, options.shrinking);
  if (smallest.subject != finding.subject && smallest.shrunk_from.empty()) {
    smallest.shrunk_from =
        finding.subject.name.empty() ? to_string(finding.subject) : finding.subject.name;
    const std::optional<Mismatch>& first = finding.verdict.worst;
    if (first && !first->pattern.empty()) {
      smallest.verdict.note = "before shrinking " + with_separators(first->wrong) + " of " +
                              with_separators(first->judged) +
                              " judged elements were wrong: " + first->pattern;
    }
  }
  return smallest;
}

}  // namespace convcheck
