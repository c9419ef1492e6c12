#include "checker/rules/finite.h"

#include <cmath>
#include <limits>
#include <vector>

#include "checker/explain.h"
#include "checker/judge.h"
#include "checker/random_bits.h"
#include "checker/rules/answers.h"
#include "checker/rules/special_reach.h"
#include "checker/run_case.h"
#include "checker/sample.h"

namespace convcheck {
namespace {

constexpr int kSpecials = 4;  // NaN, infinity, minus infinity, a subnormal number
constexpr std::uint64_t kDraws = 8;
constexpr std::size_t kMostNotFinite = 256;  // elements asked of the definition beside the sample

// The special number `number` in one operand or the other; of several draws the first in which it
// may meet padding, if there is one. Bit 0 of make_data's seed chooses the operand, 1 and 2 the
// number.
Data special_data(const Trial& trial, int number) {
  const ConvProblem& problem = trial.ready.problem();
  const std::uint64_t seed = trial.ready.subject().seed;
  const auto which = static_cast<std::uint64_t>(number);
  const auto draw = [&](std::uint64_t times) {
    return make_data(problem, trial.ready.types(), Fill::Special,
                     mixed(seed + times * kGolden) << 3 | which << 1 | ((seed + which) & 1));
  };
  Data first = draw(0), data = first;
  for (std::uint64_t times = 1; times <= kDraws; ++times) {
    const auto hot = hot_element(problem, data);
    if (!hot || hot->operand == OperandName::X) break;
    if (may_meet_padding(problem, *hot)) return data;
    data = draw(times);
  }
  return first;
}

class Special {
 public:
  Special(const Trial& trial, int number)
      : problem_(trial.ready.problem()),
        data_(special_data(trial, number)),
        judge_(problem_, trial.ready.types(), data_),
        types_(trial.ready.types()),
        call_(trial, hostility_of(trial)),
        hot_(hot_element(problem_, data_)) {}

  // No product in the whole result, or a question that the backend is not asked.
  bool applies() const {
    return hot_ && (std::abs(hot_->value) >= 1 || std::isnan(hot_->value) || !transform());
  }

  std::optional<Verdict> decide(const Trial& trial) {
    call_.write_inputs(data_);
    if (const auto verdict = call_.run(trial.context)) return verdict;
    SampleLimits limits = trial.ready.limits();
    limits.taps /= kSpecials;
    const Sample chosen = sample(problem_, limits, trial.ready.subject().seed);
    for (const Index& at : chosen.elements) judge(at);
    if (!chosen.all) {
      judge(*data_.reached);
      judge_not_finite();
    }
    return verdict();
  }

  std::int64_t allowed() const { return allowed_; }

 private:
  bool transform() const { return types_.amplification > 0; }

  // The first elements that are not finite: the sample may have missed them.
  void judge_not_finite() {
    const TensorView& result = call_.result();
    Index at(result.rank(), 0);
    std::size_t asked = 0;
    do {
      if (std::isfinite(result.at(at))) continue;
      judge(at);
      if (++asked == kMostNotFinite) return;
    } while (advance(at, result.extents));
  }

  void judge(const Index& at) {
    const double got = call_.result().at(at);
    const Sum sum = result_at(problem_, call_.operands(), at);
    ++judged_;
    const double expected = judge_.stored(sum);
    if (is_right(got, expected, sum)) return;
    if (claims_allow(problem_, *hot_, types_, at, got)) {
      ++allowed_;
      return;
    }
    wrong_.push_back({at, expected, got});
  }

  bool is_right(double got, double expected, const Sum& sum) const {
    if (std::isnan(expected)) return std::isnan(got);
    if (std::isinf(expected)) return got == expected;
    return std::isfinite(hot_->value) ? judge_.is_right(got, sum) : std::isfinite(got);
  }

  std::optional<Verdict> verdict() const {
    if (wrong_.empty()) return std::nullopt;
    const WrongElement& first = wrong_[0];
    Mismatch mismatch;
    mismatch.at = first.at;
    mismatch.expected = first.expected;
    mismatch.got = first.got;
    mismatch.in_bounds = std::numeric_limits<double>::infinity();
    mismatch.wrong = static_cast<std::int64_t>(wrong_.size());
    mismatch.judged = judged_;
    mismatch.first.assign(wrong_.begin(), wrong_.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                               wrong_.size(), kFirstWrong)));
    return Verdict::failed("with " + number_text(hot_->value) + " in " +
                               element_name(hot_->operand, hot_->at) + ", " +
                               element_name(result_name(problem_.direction), first.at) + " is " +
                               number_text(first.got) + ", not " + number_text(first.expected),
                           mismatch);
  }

  const ConvProblem& problem_;
  Data data_;
  Judge judge_;
  CallTypes types_;
  HostileCall call_;
  std::optional<HotElement> hot_;
  std::vector<WrongElement> wrong_;
  std::int64_t allowed_ = 0, judged_ = 0;
};

Verdict judge(const Trial& trial) {
  std::int64_t allowed = 0;
  bool any = false;
  for (int number = 0; number < kSpecials; ++number) {
    Special special(trial, number);
    if (!special.applies()) continue;
    if (const auto verdict = special.decide(trial)) return *verdict;
    allowed += special.allowed();
    any = true;
  }
  if (!any) return Verdict::vacuous("no product in the whole result");
  Verdict passed = Verdict::passed();
  if (allowed > 0) {
    passed.note = std::to_string(allowed) + " elements are not finite that the definition has " +
                  "finite, or NaN where it has infinity: by the backend's claims";
  }
  return passed;
}

}  // namespace

const Rule& finite_rule() {
  static const Rule rule{"finite", "the result is not finite exactly where the definition's is not",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
