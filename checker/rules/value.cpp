#include "checker/rules/value.h"

#include <cmath>
#include <optional>

#include "checker/decoys.h"
#include "checker/judge.h"
#include "checker/pattern.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

constexpr std::size_t kTapsShown = 8;

// An integer in [-largest, largest]; false for NaN and infinities.
bool possible(double value, double largest) {
  return std::abs(value) <= largest && value == std::trunc(value);
}

template <class T>
std::int64_t first_impossible(const T* values, std::int64_t count, double largest) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (!possible(static_cast<double>(values[i]), largest)) return i;
  }
  return -1;
}

Index index_of(std::int64_t element, const Shape& shape) {
  Index index(shape.size(), 0);
  for (std::size_t axis = shape.size(); axis-- > 0; element /= shape[axis]) {
    index[axis] = element % shape[axis];
  }
  return index;
}

// The first element, in row-major order, that no sum can be.
std::optional<Index> impossible_element(const TensorView& result, double largest) {
  if (result.contiguous() && (result.type == DataType::F32 || result.type == DataType::F64)) {
    const std::int64_t found = result.type == DataType::F32
                                   ? first_impossible(result.as<float>(), result.size(), largest)
                                   : first_impossible(result.as<double>(), result.size(), largest);
    if (found < 0) return std::nullopt;
    return index_of(found, result.extents);
  }
  Index index(result.rank(), 0);
  do {
    if (!possible(result.at(index), largest)) return index;
  } while (advance(index, result.extents));
  return std::nullopt;
}

std::vector<TapValue> first_taps(const Judged& run, const Index& at) {
  std::vector<TapValue> taps;
  for_each_tap(run.problem, at, [&](const Tap& tap) {
    if (taps.size() == kTapsShown) return;
    const bool reads_x = run.problem.direction != Direction::GradInputs;
    const bool reads_w = run.problem.direction != Direction::GradWeights;
    const double y = run.problem.direction == Direction::Forward ? 0 : run.operands.y.at(tap.y);
    const double w = reads_w ? run.operands.w.at(tap.w) : y;
    taps.push_back({tap, reads_x ? run.operands.x.at(tap.x) : w, reads_x ? w : y});
  });
  return taps;
}

Mismatch describe(const Judged& run, const Judge& judge, const Expected& expected) {
  const double got = run.operands.result(run.problem.direction).at(expected.at);
  const Deviation off = deviation(judge, got, expected.sum);
  Mismatch mismatch;
  mismatch.at = expected.at;
  mismatch.expected = judge.stored(expected.sum);
  mismatch.got = got;
  mismatch.bound = judge.bound(expected.sum).expected;
  mismatch.in_bounds = off.in_bounds;
  mismatch.ulps = off.ulps;
  mismatch.terms = expected.sum.terms;
  mismatch.taps = first_taps(run, expected.at);
  return mismatch;
}

// The sampled elements are right; is there one that cannot be?
Verdict judge_the_rest(const Judged& run, const Judge& judge) {
  const TensorView& result = run.operands.result(run.problem.direction);
  if (run.expectation.all) return Verdict::passed();
  const std::optional<Index> at =
      impossible_element(result, rounded(result.type, run.data.largest));
  if (!at) return Verdict::passed();
  Mismatch mismatch = describe(run, judge, {*at, result_at(run.problem, run.operands, *at)});
  mismatch.wrong = 1;
  mismatch.judged = result.size();
  mismatch.pattern =
      "every sampled element is right; this is the first that no sum of these integers can be" +
      std::string(std::isnan(mismatch.got) ? ": never written" : "");
  return Verdict::failed("an element that cannot be the definition's", mismatch);
}

// The error that is worst in units of the bound; of integers the one with the fewest products,
// which is the easiest to read.
bool is_clearer(const Judge& judge, const TensorView& result, const Expected& a,
                const Expected& b) {
  if (judge.exact()) return a.sum.terms < b.sum.terms;
  return deviation(judge, result.at(a.at), a.sum).in_bounds >
         deviation(judge, result.at(b.at), b.sum).in_bounds;
}

Verdict wrong_elements(const Judged& run, const Judge& judge, const std::vector<bool>& wrong) {
  const TensorView& result = run.operands.result(run.problem.direction);
  const Expected* worst = nullptr;
  std::vector<WrongElement> first;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    if (!wrong[i]) continue;
    const Expected& one = run.expectation.elements[i];
    ++count;
    if (first.size() < kFirstWrong) {
      first.push_back({one.at, judge.stored(one.sum), result.at(one.at)});
    }
    if (worst == nullptr || is_clearer(judge, result, one, *worst)) worst = &one;
  }
  Mismatch mismatch = describe(run, judge, *worst);
  mismatch.judged = static_cast<std::int64_t>(wrong.size());
  mismatch.wrong = count;
  mismatch.first = std::move(first);
  mismatch.pattern = describe_pattern(run, wrong);
  return Verdict::failed("the result is not the definition's", mismatch);
}

Verdict vacuous_claims(const std::vector<Decoy>& accepted) {
  std::string claims;
  for (const Decoy decoy : accepted) {
    claims += (claims.empty() ? "" : ", ") + std::string(to_string(decoy));
  }
  return Verdict::vacuous("would accept " + claims);
}

Verdict judge_case(const Trial& trial) {
  if (const auto verdict = trial.ready.call(trial.backend, trial.context)) return *verdict;
  const Verdict verdict = judge_value(trial.ready.judged());
  const bool could_fail = trial.ready.accepted_decoys().empty();
  return verdict.outcome == Outcome::Passed && !could_fail
             ? vacuous_claims(trial.ready.accepted_decoys())
             : verdict;
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
  std::vector<bool> wrong;
  bool any = false;
  for (const Expected& expected : run.expectation.elements) {
    if (!judge.fits(expected.sum)) {
      return Verdict::broken("the fill is too large: a sum of magnitude " +
                             std::to_string(expected.sum.magnitude) + " is not exact in any order");
    }
    wrong.push_back(!judge.is_right(result.at(expected.at), expected.sum));
    any |= wrong.back();
  }
  return any ? wrong_elements(run, judge, wrong) : judge_the_rest(run, judge);
}

}  // namespace convcheck
