#include "checker/rules/output_unread.h"

#include "checker/rules/answers.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

Verdict judge(const Trial& trial) {
  const Hostility hostility = hostility_of(trial);
  HostileCall over_nan(trial, hostility), again(trial, hostility);
  for (HostileCall* call : {&over_nan, &again}) call->write_inputs(trial.ready.data());
  if (const auto verdict = over_nan.run(trial.context)) return *verdict;
  if (over_nan.result().empty()) return Verdict::vacuous("the result is empty");
  struct Before {
    const char* what;
    std::optional<Poison> poison;
  };
  for (const Before& before : {Before{"large numbers", Poison::Large},
                               {"its own result", {}},
                               {"small numbers", Poison::Small}}) {
    if (before.poison) again.poison_result(*before.poison);
    const std::string what = std::string("over ") + before.what + ", not over NaN";
    if (const auto verdict = again.run(trial.context)) return prefixed(what, *verdict);
    if (const auto verdict = compare_answers(trial, over_nan, again, what)) return *verdict;
  }
  return Verdict::passed();
}

}  // namespace

const Rule& output_unread_rule() {
  static const Rule rule{"output_unread", "what the result's memory held before leaves no trace",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
