#include "checker/rules/repeat.h"

#include "checker/rules/answers.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

// A prepared call in buffers that begin where all of this rule's do.
HostileCall prepared(const Trial& trial) {
  Hostility hostility = hostility_of(trial);
  hostility.end = End::First;
  HostileCall call(trial, hostility);
  call.write_inputs(trial.ready.data());
  return call;
}

Verdict judge(const Trial& trial) {
  const Claims claims = trial.backend.claims();
  if (!claims.deterministic)
    return Verdict::skipped("the backend does not claim to be deterministic");
  HostileCall first = prepared(trial), again = prepared(trial);
  if (const auto verdict = first.run(trial.context)) return *verdict;
  if (first.result().empty()) return Verdict::vacuous("the result is empty");
  for (const char* when : {"called again", "called a third time"}) {
    again.poison_result(Poison::NotANumber);
    if (const auto verdict = again.run(trial.context)) return prefixed(when, *verdict);
    if (const auto verdict = compare_bits(first, again, when)) return *verdict;
  }
  if (!claims.deterministic_across_threads) return Verdict::passed();
  for (const int threads : {1, 2, 3}) {
    const std::string when =
        "called with " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    RunContext context = trial.context;
    context.threads = threads;
    again.poison_result(Poison::NotANumber);
    if (const auto verdict = again.run(context)) return prefixed(when, *verdict);
    if (const auto verdict = compare_bits(first, again, when)) return *verdict;
  }
  return Verdict::passed();
}

}  // namespace

const Rule& repeat_rule() {
  static const Rule rule{"repeat", "the same call gives the same bits, where the backend claims so",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
