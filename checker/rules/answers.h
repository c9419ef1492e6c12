// What rules do with finished calls: judge one, compare two.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "checker/buffers/hostile_call.h"
#include "checker/judged.h"

namespace convcheck {

// `judge()`, with trouble of our own (buffers that cannot be had) made broken.
Verdict decided(const std::function<Verdict()>& judge);

// The result of a call on the case's own data, as the rule `value` sees it.
Verdict judge_answer(const Trial& trial, const HostileCall& call);

// Nothing when the two results, on the case's own data, may both be given: same bits where the
// backend claims to be deterministic, otherwise `got` is right. Else failed, "`what`: y[0,0] is 1,
// was 2".
std::optional<Verdict> compare_answers(const Trial& trial, const HostileCall& expected,
                                       const HostileCall& got, const std::string& what);

// Nothing when the results have the same bits, otherwise failed.
std::optional<Verdict> compare_bits(const HostileCall& expected, const HostileCall& got,
                                    const std::string& what);

// Calls `judge` in the case's layout; then with gaps between the elements or, where the backend
// refuses that, with gaps between rows. The first verdict that is given, a refusal of the case's
// own layout included; else passed, with a note where gaps are refused.
Verdict with_and_without_gaps(const Trial& trial,
                              const std::function<std::optional<Verdict>(const Hostility&)>& judge);

// "y[0,1]", "w[0,0,2]": an element of an operand.
std::string element_name(OperandName operand, const Index& at);

// The operand that the direction computes.
OperandName result_name(Direction direction);

// "a: reason", keeping everything else.
Verdict prefixed(const std::string& a, Verdict verdict);

}  // namespace convcheck
