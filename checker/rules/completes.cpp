#include "checker/rules/completes.h"

#include "checker/rules/answers.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

Verdict judge(const Trial& trial) {
  HostileCall call(trial, hostility_of(trial));
  call.write_inputs(trial.ready.data());
  for (const int threads : {trial.context.threads, 1, 0}) {
    RunContext context = trial.context;
    context.threads = threads;
    for (int time = 0; time < 2; ++time) {
      const auto verdict = call.run(context);
      if (!verdict) continue;
      if (verdict->outcome == Outcome::Skipped) return *verdict;
      return prefixed("threads=" + std::to_string(threads), *verdict);
    }
  }
  return Verdict::passed();
}

}  // namespace

const Rule& completes_rule() {
  static const Rule rule{"completes", "the call returns",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
