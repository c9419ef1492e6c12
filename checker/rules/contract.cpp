#include "checker/rules/contract.h"

#include <new>
#include <vector>

#include "checker/rules/answers.h"
#include "checker/rules/impossible.h"
#include "checker/rules/value.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

// What a backend says of a call before it is made.
struct Answer {
  bool supported = false;
  std::string reason;
  std::size_t workspace = 0;
  bool operator==(const Answer&) const = default;
};

std::string to_text(const Answer& answer) {
  return answer.supported ? "yes, with " + std::to_string(answer.workspace) + " bytes"
                          : "no: " + answer.reason;
}

// Refusals differ in nothing but their words' details, so only yes or no and the size must agree.
bool agree(const Answer& a, const Answer& b) {
  return a.supported == b.supported && a.workspace == b.workspace;
}

// Asks; a verdict when the backend threw or gave no reason.
std::optional<Verdict> ask(const Trial& trial, const Operands& operands, Answer& answer) {
  const ConvProblem& problem = trial.ready.problem();
  try {
    const Support support = trial.backend.supports(problem, operands);
    answer.supported = support.supported;
    answer.reason = support.reason;
    if (support) {
      answer.workspace = trial.backend.workspace_bytes(problem, operands, trial.context);
    } else if (support.reason.empty()) {
      return Verdict::failed("a refusal without a reason");
    }
  } catch (const std::bad_alloc&) {
    return Verdict::broken("out of memory");
  } catch (const std::exception& error) {
    return Verdict::failed(std::string("asked whether it does the problem, it threw: ") +
                           error.what());
  } catch (...) {
    return Verdict::failed("asked whether it does the problem, it threw");
  }
  return std::nullopt;
}

std::optional<Verdict> answers_alike(const Trial& trial, const Operands& operands, Answer& answer) {
  if (const auto verdict = ask(trial, operands, answer)) return verdict;
  Operands without_data = operands;
  without_data.x.data = without_data.w.data = without_data.y.data = nullptr;
  struct Question {
    const char* when;
    const Operands& operands;
  };
  for (const Question& question :
       {Question{"asked again", operands}, Question{"asked without data", without_data}}) {
    Answer other;
    if (const auto verdict = ask(trial, question.operands, other)) {
      return prefixed(question.when, *verdict);
    }
    if (agree(answer, other)) continue;
    return Verdict::failed(std::string(question.when) + " it says " + to_text(other) +
                           ", before: " + to_text(answer));
  }
  return std::nullopt;
}

std::optional<Verdict> keeps_its_word(const Trial& trial, HostileCall& call) {
  const auto verdict = call.run(trial.context);
  if (!verdict) return std::nullopt;
  if (verdict->outcome == Outcome::Skipped) {
    return Verdict::failed("run() refuses what supports() accepts: " + verdict->reason);
  }
  return verdict;
}

// Device memory that there is not: only the question is asked.
std::optional<Verdict> asked_about_device_memory(const Trial& trial, Operands operands) {
  operands.x.memory = operands.w.memory = operands.y.memory = MemoryKind::Cuda;
  operands.x.data = operands.w.data = operands.y.data = nullptr;
  Answer answer;
  const auto verdict = ask(trial, operands, answer);
  return verdict ? prefixed("device memory", *verdict) : verdict;
}

// The case with other types: refused, or right.
std::optional<Verdict> with_types(const Trial& trial, const Case& c, Operands operands) {
  const CallTypes types = call_types(c, trial.backend);
  operands.x.type = types.x;
  operands.w.type = types.w;
  operands.y.type = types.y;
  operands.x.data = operands.w.data = operands.y.data = nullptr;
  Answer answer;
  if (const auto verdict = ask(trial, operands, answer)) return verdict;
  if (!answer.supported) return std::nullopt;
  PreparedCase ready(c, types, trial.ready.limits());
  const Trial mixed{ready, trial.backend, trial.context};
  HostileCall call(mixed, hostility_of(mixed));
  call.write_inputs(ready.data());
  if (const auto verdict = keeps_its_word(mixed, call)) return verdict;
  if (const auto text = call.trespass()) return Verdict::failed(*text);
  const Verdict verdict = judge_answer(mixed, call);
  if (verdict.outcome == Outcome::Failed) return verdict;
  return std::nullopt;
}

// One operand of another type at a time.
std::optional<Verdict> other_types(const Trial& trial, const Operands& operands) {
  for (DataType Case::*operand : {&Case::x_type, &Case::w_type, &Case::y_type}) {
    Case c = trial.ready.subject();
    c.*operand = c.*operand == DataType::F32 ? DataType::F64 : DataType::F32;
    c.fill = "";
    if (const auto verdict = with_types(trial, c, operands)) {
      return prefixed(std::string("types ") + to_string(c.x_type) + "," + to_string(c.w_type) +
                          "," + to_string(c.y_type),
                      *verdict);
    }
  }
  return std::nullopt;
}

Verdict judge(const Trial& trial) {
  HostileCall call(trial, hostility_of(trial));
  if (const auto verdict = refused_impossible(trial, call)) return *verdict;
  Answer answer;
  if (const auto verdict = answers_alike(trial, call.operands(), answer)) return *verdict;
  if (const auto verdict = asked_about_device_memory(trial, call.operands())) return *verdict;
  if (const auto verdict = other_types(trial, call.operands())) return *verdict;
  if (!answer.supported) return Verdict::skipped(answer.reason);
  call.write_inputs(trial.ready.data());
  if (const auto verdict = keeps_its_word(trial, call)) return *verdict;
  return Verdict::passed();
}

}  // namespace

const Rule& contract_rule() {
  static const Rule rule{"contract",
                         "impossible calls are refused before anything is written, and a backend's "
                         "answers can be relied on",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
