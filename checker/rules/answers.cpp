#include "checker/rules/answers.h"

#include <cmath>
#include <new>

#include "checker/explain.h"
#include "checker/rules/value.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

std::string signed_text(double value) {
  return value == 0 && std::signbit(value) ? "-0" : number_text(value);
}

}  // namespace

Verdict decided(const std::function<Verdict()>& judge) {
  try {
    return judge();
  } catch (const ConvError& error) {
    return Verdict::broken(error.what());
  } catch (const std::bad_alloc&) {
    return Verdict::broken("out of memory");
  }
}

Verdict judge_answer(const Trial& trial, const HostileCall& call) {
  const Judged own = trial.ready.judged();
  return judge_value({own.problem, call.operands(), own.data, own.types, own.expectation,
                      own.exact_projection, own.real_projection});
}

std::optional<Verdict> compare_bits(const HostileCall& expected, const HostileCall& got,
                                    const std::string& what) {
  const auto difference = first_difference(expected.result(), got.result());
  if (!difference) return std::nullopt;
  Mismatch mismatch;
  mismatch.at = difference->at;
  mismatch.expected = difference->expected;
  mismatch.got = difference->got;
  mismatch.wrong = 1;
  mismatch.first = {*difference};
  const std::string name = element_name(result_name(expected.problem().direction), difference->at);
  return Verdict::failed(what + ": " + name + " is " + signed_text(difference->got) + ", was " +
                             signed_text(difference->expected),
                         mismatch);
}

std::optional<Verdict> compare_answers(const Trial& trial, const HostileCall& expected,
                                       const HostileCall& got, const std::string& what) {
  if (trial.backend.claims().deterministic) return compare_bits(expected, got, what);
  Verdict verdict = judge_answer(trial, got);
  if (verdict.outcome != Outcome::Failed && verdict.outcome != Outcome::Broken) return std::nullopt;
  return prefixed(what, verdict);
}

Verdict with_and_without_gaps(
    const Trial& trial, const std::function<std::optional<Verdict>(const Hostility&)>& judge) {
  const Hostility own = hostility_of(trial);
  if (const auto verdict = judge(own)) return *verdict;
  Verdict passed = Verdict::passed();
  for (const auto spread : {OperandLayout::Spread::Gaps, OperandLayout::Spread::Subview}) {
    Hostility hostility = own;
    hostility.layout = with(spread, own.layout);
    const auto verdict = judge(hostility);
    if (!verdict) return Verdict::passed();
    const std::string words = "layout=" + to_string(hostility.layout);
    if (verdict->outcome != Outcome::Skipped) return prefixed(words, *verdict);
    passed.note = words + " refused: " + verdict->reason;
  }
  return passed;
}

std::string element_name(OperandName operand, const Index& at) {
  std::string text = to_string(operand);
  for (std::size_t axis = 0; axis < at.size(); ++axis) {
    text += (axis == 0 ? "[" : ",") + std::to_string(at[axis]);
  }
  return text + "]";
}

OperandName result_name(Direction direction) {
  return direction == Direction::Forward      ? OperandName::Y
         : direction == Direction::GradInputs ? OperandName::X
                                              : OperandName::W;
}

Verdict prefixed(const std::string& a, Verdict verdict) {
  verdict.reason = a + ": " + verdict.reason;
  return verdict;
}

}  // namespace convcheck
