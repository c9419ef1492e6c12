#include "checker/books.h"

#include <iterator>
#include <utility>

#include "checker/rules/completes.h"

namespace convcheck {

void Books::open(const std::string& backend, const Case& c) {
  result_.counts[{backend, direction_name(c)}];
}

void Books::add(std::size_t number, const Finding& finding) {
  result_.counts[{finding.backend, direction_name(finding.subject)}].add(finding.verdict);
  result_.by_rule[{finding.backend, finding.rule}].add(finding.verdict);
  const Outcome outcome = finding.verdict.outcome;
  if (outcome != Outcome::Failed && outcome != Outcome::Broken) return;
  ++result_.findings_in_all;
  found_.emplace(number, finding);
  if (found_.size() > findings_kept_) found_.erase(std::prev(found_.end()));
}

void Books::add_seconds(const std::string& backend, const UnitResult& unit) {
  result_.seconds.preparing += unit.preparing;
  result_.seconds.running[backend] += unit.running;
}

void Books::add_missing(const std::string& what, std::int64_t units, const Verdict& verdict) {
  result_.counts[{what, ""}].add(verdict, units);
}

SuiteResult Books::close() {
  for (auto& [number, finding] : found_) result_.findings.push_back(std::move(finding));
  found_.clear();
  return std::exchange(result_, {});
}

const char* direction_name(const Case& c) {
  switch (c.part) {
    case Part::Forward:
      return "forward";
    case Part::GradInputs:
      return "grad_inputs";
    case Part::GradWeights:
      return "grad_weights";
    case Part::GradDepthwise:
      return "grad_depthwise";
    case Part::GradPointwise:
      return "grad_pointwise";
  }
  return "unknown";
}

Finding finding_of(const Case& c, const std::string& backend, const std::string& rule, int threads,
                   const UnitResult& unit) {
  Finding finding{c, backend, rule, unit.verdict};
  finding.threads = threads;
  if (!unit.returned) {
    finding.under = rule;
    finding.rule = completes_rule().name;
  }
  return finding;
}

}  // namespace convcheck
