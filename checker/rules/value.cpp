#include "checker/rules/value.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "checker/accounting.h"
#include "checker/decoys.h"
#include "checker/device/value_on_device.h"
#include "checker/judge.h"
#include "checker/mismatch.h"
#include "checker/projection/exact_projection.h"
#include "checker/projection/real_projection.h"
#include "checker/rules/possible.h"
#include "checker/rules/special_reach.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

// What is projected: the result or, of a declared transform, the result rounded to integers, which
// `memory` then holds.
TensorView integers_of(const Judged& run, Tensor& memory) {
  const TensorView& result = run.operands.result(run.problem.direction);
  if (!(run.types.amplification > 0)) return result;
  memory = Tensor::copy_of(result, DataType::F64);
  double* const values = memory.data<double>();
  std::transform(values, values + memory.size(), values,
                 [](double value) { return std::nearbyint(value); });
  return memory;
}

// `run` has at least one expected element that is wrong.
Verdict wrong_elements(const Judged& run, const Judge& judge, const std::vector<bool>& wrong) {
  return Verdict::failed("the result is not the definition's", describe_all(run, judge, wrong));
}

std::vector<bool> wrong_ones(const Judged& run, const Judge& judge) {
  const TensorView& result = run.operands.result(run.problem.direction);
  const std::optional<HotElement> hot =
      run.data.fill == Fill::Special ? hot_element(run.problem, run.data) : std::nullopt;
  std::vector<bool> wrong;
  for (const Expected& one : run.expectation.elements) {
    const double got = result.at(one.at);
    const bool excused = hot && claims_allow(run.problem, *hot, run.types, one.at, got);
    wrong.push_back(!excused && !judge.is_right(got, one.sum));
  }
  return wrong;
}

// Finds what the projection misses, and describes it beside the sampled elements that are right.
Verdict located(const Judged& run, const Judge& judge) {
  const TensorView& result = run.operands.result(run.problem.direction);
  Tensor memory;
  const Located found = run.exact_projection->locate(integers_of(run, memory));
  if (found.wrong.empty()) {
    const std::vector<bool> wrong = wrong_ones(run, judge);
    if (std::find(wrong.begin(), wrong.end(), true) != wrong.end()) {
      return wrong_elements(run, judge, wrong);
    }
    return Verdict::broken(
        "the projection says that the result is wrong, the definition that it is "
        "right");
  }
  Expectation both;
  for (const WrongElement& one : found.wrong) {
    both.elements.push_back({one.at, result_at(run.problem, run.operands, one.at)});
  }
  for (const Expected& one : run.expectation.elements) {
    if (judge.is_right(result.at(one.at), one.sum)) both.elements.push_back(one);
  }
  const Judged all{run.problem, run.operands, run.data, run.types, both};
  Verdict verdict = wrong_elements(all, judge, wrong_ones(all, judge));
  verdict.worst->judged = result.size();
  if (!found.complete) {
    verdict.worst->pattern += (verdict.worst->pattern.empty() ? "" : "; ") +
                              std::string("too many to list: errors at ") +
                              with_separators(found.mismatching) + " of " +
                              with_separators(found.positions) + " places of the plane";
  }
  return verdict;
}

std::string power_of_two_text(double probability) {
  if (probability == 0) return "0";
  char text[32];
  std::snprintf(text, sizeof text, "2^%.1f", std::log2(probability));
  return text;
}

Verdict judge_exact_projection(const Judged& run, const Judge& judge) {
  Tensor memory;
  const ProjectionCheck check = run.exact_projection->check(integers_of(run, memory));
  if (!check.matches()) return located(run, judge);
  Verdict verdict = Verdict::passed();
  verdict.note = "every element by exact projection on " + with_separators(check.positions) +
                 " places; miss probability " + power_of_two_text(check.miss_probability) + "; " +
                 std::to_string(run.expectation.elements.size()) + " elements by the definition";
  return verdict;
}

Verdict judge_real_projection(const Judged& run) {
  const RealCheck check = run.real_projection->check(run.operands.result(run.problem.direction));
  char text[200];
  std::snprintf(
      text, sizeof text,
      "projection with random signs: worst |Q| is %.3g of its threshold; an error of %.3g "
      "in one element, or %.3g rms, is always seen",
      check.worst_ratio, check.element_limit, check.rms_limit);
  if (check.violated) return Verdict::failed(text);
  Verdict verdict = Verdict::passed();
  verdict.note = text;
  return verdict;
}

Verdict sampled_only(const Judged& run) {
  Verdict verdict = Verdict::passed();
  const TensorView& result = run.operands.result(run.problem.direction);
  verdict.note = with_separators(static_cast<std::int64_t>(run.expectation.elements.size())) +
                 " of " + with_separators(result.size()) +
                 " elements by the definition; of the others only that they can be sums";
  return verdict;
}

// The sampled elements are right; is there one that cannot be?
Verdict judge_the_rest(const Judged& run, const Judge& judge) {
  const TensorView& result = run.operands.result(run.problem.direction);
  // What is not finite far from the sample is judged by the rule `finite`.
  if (run.expectation.all || run.data.fill == Fill::Special) return Verdict::passed();
  Tensor memory;
  const double largest = run.data.largest;
  const Sum extreme{largest, largest, run.data.terms};
  const Possible possible = judge.exact()
                                ? Possible{rounded(result.type, largest), true}
                                : Possible{largest + judge.bound(extreme).rigorous, false};
  const std::optional<Index> at =
      impossible_element(judge.exact() ? integers_of(run, memory) : result, possible);
  if (!at) return sampled_only(run);
  Mismatch mismatch = describe(run, judge, {*at, result_at(run.problem, run.operands, *at)});
  mismatch.wrong = 1;
  mismatch.judged = result.size();
  mismatch.pattern =
      "every sampled element is right; this is the first that no sum of these numbers can be" +
      std::string(std::isnan(mismatch.got) ? ": never written" : "");
  return Verdict::failed("an element that cannot be the definition's", mismatch);
}

std::string grade_of(const Judged& run, const Judge& judge) {
  if (judge.exact()) return "";
  const TensorView& result = run.operands.result(run.problem.direction);
  std::vector<Graded> graded;
  for (const Expected& one : run.expectation.elements) {
    graded.push_back({result.at(one.at), one.sum});
  }
  return precision_grade(graded, judge.result_type());
}

// The expected elements are right.
Verdict judge_the_others(const Judged& run, const Judge& judge) {
  Verdict verdict = run.exact_projection  ? judge_exact_projection(run, judge)
                    : run.real_projection ? judge_real_projection(run)
                                          : judge_the_rest(run, judge);
  const std::string grade = grade_of(run, judge);
  if (!grade.empty()) verdict.note += (verdict.note.empty() ? "" : "; ") + ("precision " + grade);
  return verdict;
}

Verdict vacuous_claims(const std::vector<Decoy>& accepted) {
  std::string claims;
  for (const Decoy decoy : accepted) {
    claims += (claims.empty() ? "" : ", ") + std::string(to_string(decoy));
  }
  return Verdict::vacuous("would accept " + claims);
}

// Results of a declared transform are rounded to integers, which its bound must allow.
bool keeps_below_one_half(const PreparedCase& ready) {
  const CallTypes& types = ready.types();
  const Data& data = ready.data();
  const bool integers = data.exact() && data.fill != Fill::Impulse && data.fill != Fill::Special;
  if (!(types.amplification > 0) || !integers) return true;
  const Direction direction = ready.problem().direction;
  const double x = direction == Direction::GradInputs ? 1 : data.x.largest();
  const double w = direction == Direction::GradWeights ? 1 : data.w.largest();
  const double y = direction == Direction::Forward ? 1 : data.y.largest();
  return types.amplification * unit_roundoff(types.accumulator) * static_cast<double>(data.terms) *
             x * w * y <
         0.5;
}

Verdict judge_case(const Trial& trial) {
  if (!keeps_below_one_half(trial.ready)) {
    return Verdict::skipped("these integers do not keep the transform's error below one half");
  }
  // All that is expected is worked out before the backend can touch the operands.
  const std::vector<Decoy>& accepted = trial.ready.accepted_decoys();
  std::optional<Verdict> decided = value_on_device(trial);
  if (!decided) {
    if (const auto verdict = trial.ready.call(trial.backend, trial.context)) return *verdict;
    decided = judge_value(trial.ready.judged());
  }
  const Verdict& verdict = *decided;
  const bool vacuous = verdict.outcome == Outcome::Passed && !accepted.empty();
  return vacuous ? vacuous_claims(accepted) : verdict;
}

}  // namespace

const Rule& value_rule() {
  static const Rule rule{"value", "the result is the definition's", judge_case};
  return rule;
}

Verdict judge_value(const Judged& run) {
  const TensorView& result = run.operands.result(run.problem.direction);
  if (result.empty()) return Verdict::vacuous("the result is empty");
  const Judge judge(run.problem, run.types, run.data);
  for (const Expected& expected : run.expectation.elements) {
    if (!judge.fits(expected.sum)) {
      return Verdict::broken("the fill is too large: a sum of magnitude " +
                             std::to_string(expected.sum.magnitude) + " is not exact in any order");
    }
  }
  const std::vector<bool> wrong = wrong_ones(run, judge);
  if (std::find(wrong.begin(), wrong.end(), true) == wrong.end())
    return judge_the_others(run, judge);
  return run.exact_projection ? located(run, judge) : wrong_elements(run, judge, wrong);
}

}  // namespace convcheck
