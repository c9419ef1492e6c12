#include "checker/rules/bounds.h"

#include "checker/rules/answers.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

// Nothing when the call stayed within its memory.
std::optional<Verdict> call_in(const Trial& trial, const Hostility& hostility) {
  HostileCall call(trial, hostility);
  call.write_inputs(trial.ready.data());
  const auto verdict = call.run(trial.context);
  if (verdict && verdict->outcome == Outcome::Skipped) return verdict;
  if (const auto text = call.trespass()) return Verdict::failed(*text);
  return verdict;
}

std::optional<Verdict> both_ends(const Trial& trial, Hostility hostility) {
  hostility.end = End::Last;
  hostility.poison = Poison::NotANumber;
  if (const auto verdict = call_in(trial, hostility)) return verdict;
  hostility.end = End::First;
  hostility.poison = Poison::Large;
  return call_in(trial, hostility);
}

Verdict judge(const Trial& trial) {
  return with_and_without_gaps(
      trial, [&](const Hostility& hostility) { return both_ends(trial, hostility); });
}

}  // namespace

const Rule& bounds_rule() {
  static const Rule rule{"bounds",
                         "nothing outside the operands and the workspace is read or written",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
