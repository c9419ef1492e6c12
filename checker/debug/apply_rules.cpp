// All rules of the suite, inside the user's program.
#include "checker/debug/checked_call.h"
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
                                 const Backend& backend, const RunContext& context,
                                 std::vector<std::string>& not_run) {
  std::vector<Finding> findings;
  const bool small = static_cast<double>(flops(problem)) <= kRepeatedFlops;
  for (const Fill fill : kAllFills) {
    Case c = case_of(problem, operands);
    c.fill = fill == Fill::Narrow ? "" : to_string(fill);
    PreparedCase ready(c, call_types(c, backend), {});
    for (const Rule& rule : all_rules()) {
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
