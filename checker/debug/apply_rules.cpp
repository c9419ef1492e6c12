// All rules of the suite, inside the user's program.
#include <algorithm>

#include "checker/debug/checked_call.h"
#include "checker/device/on_device.h"
#include "checker/rules/all_rules.h"
#include "checker/run_case.h"
#include "reference/flops.h"

namespace convcheck::debug {
namespace {

// The rules but `value` call a backend many times.
constexpr double kRepeatedFlops = 1e6;

Violation violation_of(const std::string& rule) {
  if (rule == "repeat") return Violation::UnstableResult;
  if (rule == "inputs_kept") return Violation::BadInputMutation;
  if (rule == "bounds" || rule == "workspace") return Violation::GuardOverrun;
  if (rule == "finite") return Violation::InvalidValue;
  if (rule == "contract" || rule == "completes") return Violation::ContractViolation;
  return Violation::BadKernelOutput;  // value, output_unread, layout, adjoint
}

// Those with guards around all memory first: a kernel that fails there may not be called without;
// and one that writes its inputs fails under any other rule.
std::vector<Rule> ordered_rules() {
  std::vector<Rule> rules = all_rules();
  const auto rank = [](const Rule& rule) {
    const std::string name = rule.name;
    return name == "bounds" || name == "workspace" || name == "inputs_kept" ? 0
           : name == "value"                                                ? 2
                                                                            : 1;
  };
  std::stable_sort(rules.begin(), rules.end(),
                   [&](const Rule& a, const Rule& b) { return rank(a) < rank(b); });
  return rules;
}

void apply(const Rule& rule, PreparedCase& ready, const Backend& backend, const RunContext& context,
           std::vector<Finding>& findings) {
  Verdict verdict = rule.judge({ready, backend, context});
  if (verdict.outcome != Outcome::Failed) return;
  verdict.reason = std::string("rule ") + rule.name + " on convcheck's own data, '" +
                   to_string(ready.subject()) + "': " + verdict.reason;
  findings.push_back({violation_of(rule.name), std::move(verdict)});
}

}  // namespace

std::vector<Finding> apply_rules(const ConvProblem& problem, const Operands& operands,
                                 const Backend& asked, const RunContext& context,
                                 std::vector<std::string>& not_run) {
  std::vector<Finding> findings;
  const BackendPtr there =
      operands.x.memory == MemoryKind::Cuda ? on_device(asked, DeviceUse::Always) : nullptr;
  const Backend& backend = there == nullptr ? asked : *there;
  const std::vector<Rule> rules = ordered_rules();
  const bool small = static_cast<double>(flops(problem)) <= kRepeatedFlops;
  for (const Fill fill : kAllFills) {
    Case c = case_of(problem, operands);
    c.fill = fill == Fill::Narrow ? "" : to_string(fill);
    PreparedCase ready(c, call_types(c, backend), {});
    for (const Rule& rule : rules) {
      if (small || std::string(rule.name) == "value") {
        apply(rule, ready, backend, context, findings);
      } else if (fill == Fill::Narrow) {
        not_run.push_back(std::string(rule.name) + ": more than 10^6 operations");
      }
      if (!findings.empty()) return findings;
    }
  }
  return findings;
}

}  // namespace convcheck::debug
