#include "checker/mismatch.h"

#include <utility>

#include "checker/error_map.h"
#include "checker/pattern.h"

namespace convcheck {
namespace {

constexpr std::size_t kTapsShown = 8;

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

// The error that is worst in units of the bound; of integers the one with the fewest products,
// which is the easiest to read.
bool is_clearer(const Judge& judge, const TensorView& result, const Expected& a,
                const Expected& b) {
  if (judge.exact()) return a.sum.terms < b.sum.terms;
  return deviation(judge, result.at(a.at), a.sum).in_bounds >
         deviation(judge, result.at(b.at), b.sum).in_bounds;
}

}  // namespace

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

Mismatch describe_all(const Judged& run, const Judge& judge, const std::vector<bool>& wrong) {
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
  mismatch.map = error_map(run, wrong);
  return mismatch;
}

}  // namespace convcheck
