#include "checker/rules/value.h"

#include <cmath>
#include <optional>

#include "checker/pattern.h"

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

bool inexact(const Sum& sum, double exact_up_to) {
  return !((sum.magnitude + std::abs(sum.value)) / 2 <= exact_up_to);
}

Mismatch describe(const Judged& run, const Expected& expected) {
  const TensorView& result = run.operands.result(run.problem.direction);
  Mismatch mismatch{.at = expected.at,
                    .expected = rounded(result.type, expected.sum.value),
                    .got = result.at(expected.at),
                    .terms = expected.sum.terms,
                    .taps = {},
                    .wrong = 0,
                    .judged = 0,
                    .pattern = {}};
  for_each_tap(run.problem, expected.at, [&](const Tap& tap) {
    if (mismatch.taps.size() == kTapsShown) return;
    const bool reads_x = run.problem.direction != Direction::GradInputs;
    const bool reads_w = run.problem.direction != Direction::GradWeights;
    const double y = run.problem.direction == Direction::Forward ? 0 : run.operands.y.at(tap.y);
    const double w = reads_w ? run.operands.w.at(tap.w) : y;
    mismatch.taps.push_back({tap, reads_x ? run.operands.x.at(tap.x) : w, reads_x ? w : y});
  });
  return mismatch;
}

// The sampled elements are right; is there one that cannot be?
Verdict judge_the_rest(const Judged& run) {
  const TensorView& result = run.operands.result(run.problem.direction);
  if (run.expectation.all) return Verdict::passed();
  const std::optional<Index> at =
      impossible_element(result, rounded(result.type, run.expectation.largest));
  if (!at) return Verdict::passed();
  Mismatch mismatch = describe(run, {*at, result_at(run.problem, run.operands, *at)});
  mismatch.wrong = 1;
  mismatch.judged = result.size();
  mismatch.pattern =
      "every sampled element is right; this is the first that no sum of these integers can be" +
      std::string(std::isnan(mismatch.got) ? ": never written" : "");
  return Verdict::failed("an element that cannot be the definition's", mismatch);
}

Verdict judge_value(const Judged& run) {
  const TensorView& result = run.operands.result(run.problem.direction);
  if (result.empty()) return Verdict::vacuous("the result is empty");
  std::vector<bool> wrong;
  const Expected* worst = nullptr;
  for (const Expected& expected : run.expectation.elements) {
    const bool right = result.at(expected.at) == rounded(result.type, expected.sum.value);
    wrong.push_back(!right);
    if (inexact(expected.sum, run.expectation.exact_up_to)) {
      return Verdict::broken("the fill is too large: a sum of magnitude " +
                             std::to_string(expected.sum.magnitude) + " is not exact in any order");
    }
    if (!right && (worst == nullptr || expected.sum.terms < worst->sum.terms)) worst = &expected;
  }
  if (worst == nullptr) return judge_the_rest(run);
  Mismatch mismatch = describe(run, *worst);
  mismatch.judged = static_cast<std::int64_t>(wrong.size());
  for (const bool one : wrong) mismatch.wrong += one;
  mismatch.pattern = describe_pattern(run, wrong);
  return Verdict::failed("the result is not the definition's", mismatch);
}

}  // namespace

const Rule& value_rule() {
  static const Rule rule{"value", "the result is the definition's", judge_value};
  return rule;
}

}  // namespace convcheck
