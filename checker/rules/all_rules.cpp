#include "checker/rules/all_rules.h"

#include <string>

#include "checker/rules/value.h"

namespace convcheck {

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules{value_rule()};
  return rules;
}

const Rule& rule_named(std::string_view name) {
  std::string names;
  for (const Rule& rule : all_rules()) {
    if (rule.name == name) return rule;
    names += (names.empty() ? "" : ", ") + std::string(rule.name);
  }
  throw ConvError(ErrorKind::Unsupported, "rule", "'" + std::string(name) + "'", "one of " + names);
}

}  // namespace convcheck
