#include "checker/rules/all_rules.h"

#include <string>

#include "checker/rules/adjoint.h"
#include "checker/rules/bounds.h"
#include "checker/rules/completes.h"
#include "checker/rules/contract.h"
#include "checker/rules/finite.h"
#include "checker/rules/inputs_kept.h"
#include "checker/rules/layout.h"
#include "checker/rules/output_unread.h"
#include "checker/rules/repeat.h"
#include "checker/rules/value.h"
#include "checker/rules/workspace.h"

namespace convcheck {

const std::vector<Rule>& all_rules() {
  static const std::vector<Rule> rules{value_rule(),    repeat_rule(),        inputs_kept_rule(),
                                       bounds_rule(),   output_unread_rule(), layout_rule(),
                                       finite_rule(),   workspace_rule(),     adjoint_rule(),
                                       contract_rule(), completes_rule()};
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
