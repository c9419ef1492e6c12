#include "checker/rules/workspace.h"

#include "checker/rules/answers.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

struct Step {
  HostileCall& call;
  const char* what;
};

// Nothing when the call stayed within its workspace.
std::optional<Verdict> run(const Trial& trial, const Step& step) {
  const auto verdict = step.call.run(trial.context);
  if (verdict && verdict->outcome == Outcome::Skipped) return verdict;
  if (const auto text = step.call.workspace_trespass()) return Verdict::failed(*text);
  if (verdict) return prefixed(step.what, *verdict);
  const std::size_t asked = step.call.workspace_bytes();
  std::size_t again = 0;
  const auto thrown = guarded([&] {
    again = trial.backend.workspace_bytes(step.call.problem(), step.call.operands(), trial.context);
  });
  if (thrown || asked == again) return thrown;
  return Verdict::failed("announces " + std::to_string(asked) + " bytes, asked again " +
                         std::to_string(again));
}

Verdict judge(const Trial& trial) {
  Hostility hostility = hostility_of(trial);
  HostileCall first(trial, hostility), second(trial, hostility);
  hostility.end = End::First;
  hostility.poison = Poison::Large;
  HostileCall third(trial, hostility);
  for (HostileCall* call : {&first, &second, &third}) call->write_inputs(trial.ready.data());
  if (const auto verdict = run(trial, {first, "in a workspace of NaNs"})) return *verdict;
  const Verdict right = judge_answer(trial, first);
  if (right.outcome == Outcome::Failed) return prefixed("in a workspace of NaNs", right);
  if (first.workspace_bytes() == 0) return Verdict::vacuous("no workspace is announced");
  if (right.outcome == Outcome::Vacuous) return right;
  if (const auto verdict = run(trial, {second, "again in a workspace of NaNs"})) return *verdict;
  second.poison_result(Poison::NotANumber);
  for (const Step& step : {Step{second, "in the workspace that a call left"},
                           Step{third, "in a workspace of large numbers"}}) {
    if (const auto verdict = run(trial, step)) return *verdict;
    if (const auto verdict = compare_answers(trial, first, step.call, step.what)) return *verdict;
  }
  return Verdict::passed();
}

}  // namespace

const Rule& workspace_rule() {
  static const Rule rule{"workspace",
                         "the announced size is enough, and its contents do not matter",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
