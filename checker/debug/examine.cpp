#include "checker/debug/examine.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "checker/accounting.h"
#include "checker/mismatch.h"
#include "checker/parallel.h"
#include "checker/projection/projection_cost.h"
#include "checker/projection/real_projection.h"
#include "checker/rules/possible.h"

namespace convcheck::debug {
namespace {

// Right elements that are kept to compare wrong ones with.
constexpr std::size_t kKept = 4096;
// Samples do not look at all inputs of larger calls.
constexpr double kLookedAt = 1 << 16;

class Examination {
 public:
  Examination(const ConvProblem& problem, const Operands& operands, const CallTypes& types,
              const How& how)
      : problem_(problem),
        operands_(operands),
        types_(types),
        how_(how),
        data_(users_data(problem, operands, types)),
        judge_(problem, types, data_),
        result_(operands.result(problem.direction)) {}

  Examined run() {
    if (result_.empty()) return std::move(examined_);
    // The projection knows no transforms.
    switch (cheapest_way(problem_, how_.level, how_.samples, !(types_.amplification > 0))) {
      case DebugLevel::Sampled:
        judge_sample(how_.samples);
        break;
      case DebugLevel::Projection:
        judge_projection();
        break;
      default:
        judge_all();
    }
    return std::move(examined_);
  }

 private:
  // Integers whose sum is exact in any order have one right result. A backend that multiplies
  // padding, or transforms, may spread what is not finite in its inputs.
  bool is_possible(double got, const Sum& sum) const {
    if (spreads_ && !std::isfinite(got)) return true;
    if (integers_ && sum.magnitude <= std::ldexp(1.0, significand_bits(types_.accumulator))) {
      return got == judge_.stored(sum);
    }
    return judge_.is_possible(got, sum);
  }

  // Whether no element that is read is other than `possible` says.
  bool inputs_are(const Possible& possible) const {
    for (const TensorView* view : {&operands_.x, &operands_.w, &operands_.y}) {
      if (view != &result_ && !view->empty() && impossible_element(*view, possible)) return false;
    }
    return true;
  }

  void look_at_inputs() {
    constexpr double kAny = std::numeric_limits<double>::infinity();
    const bool transform = types_.amplification > 0;
    spreads_ = (transform || types_.multiplies_padding) && !inputs_are({kAny, false});
    integers_ = !transform && types_.input_bits == 0 && inputs_are({0x1p53, true});
  }

  struct Tally {
    double worst = 0;
    bool graded = false;
    std::vector<Expected> kept;
    std::vector<bool> wrong;
    std::int64_t wrong_in_all = 0, judged = 0;
  };
  void judge_element(const Index& at, bool keep, Tally& tally) const {
    const Sum sum = result_at(problem_, operands_, at);
    const double got = result_.at(at);
    const bool possible = is_possible(got, sum);
    const Bound bound = judge_.bound(sum);
    const double error = std::abs(got - sum.value);
    ++tally.judged;
    tally.graded |= possible && !judge_.is_right(got, sum);
    if (bound.rigorous > 0 && error / bound.rigorous > tally.worst) {
      tally.worst = error / bound.rigorous;
    }
    tally.wrong_in_all += possible ? 0 : 1;
    if (tally.kept.size() < 2 * kKept && (keep || !possible)) {
      tally.kept.push_back({at, sum});
      tally.wrong.push_back(!possible);
    }
  }

  void add(const Tally& tally) {
    examined_.worst_in_bounds = std::max(examined_.worst_in_bounds, tally.worst);
    examined_.graded |= tally.graded;
    examined_.by_definition += tally.judged;
    expectation_.elements.insert(expectation_.elements.end(), tally.kept.begin(), tally.kept.end());
    wrong_.insert(wrong_.end(), tally.wrong.begin(), tally.wrong.end());
    wrong_in_all_ += tally.wrong_in_all;
  }

  void judge_some(const std::vector<Index>& elements) {
    Tally tally;
    for (const Index& at : elements) judge_element(at, true, tally);
    add(tally);
  }

  Index element(std::int64_t number) const {
    Index at(result_.rank(), 0);
    for (std::size_t axis = result_.rank(); axis-- > 0; number /= result_.extents[axis]) {
      at[axis] = number % result_.extents[axis];
    }
    return at;
  }

  void judge_all() {
    if (how_.check_isfinite && has_invalid_value()) return;
    look_at_inputs();
    const std::int64_t size = result_.size();
    const std::int64_t step = 1 + size / static_cast<std::int64_t>(kKept);
    const int parts = static_cast<int>(
        std::clamp<std::int64_t>(static_cast<std::int64_t>(full_loops_cost(problem_) / 100e-6), 1,
                                 std::min<std::int64_t>(thread_count(how_.threads), size)));
    std::vector<Tally> tallies(static_cast<std::size_t>(parts));
    in_turn(parts, parts, [&](int part) {
      const std::int64_t first = size * part / parts, last = size * (part + 1) / parts;
      Index at = element(first);
      for (std::int64_t i = first; i < last; ++i) {
        judge_element(at, i % step == 0, tallies[static_cast<std::size_t>(part)]);
        advance(at, result_.extents);
      }
    });
    for (const Tally& tally : tallies) add(tally);
    examined_.covered = size;
    expectation_.all = step == 1;
    conclude(size, "every element by the definition");
  }

  void judge_sample(std::int64_t wanted) {
    const std::vector<Index> elements = sampled(problem_, how_, wanted);
    if (elements_in_all(problem_) <= kLookedAt || !how_.check_isfinite) look_at_inputs();
    judge_some(elements);
    examined_.covered = examined_.by_definition;
    if (how_.check_isfinite) {
      for (const Index& at : elements) {
        if (!std::isfinite(result_.at(at)) && has_invalid_value()) return;
      }
    }
    conclude(examined_.by_definition, with_separators(examined_.by_definition) + " of " +
                                          with_separators(result_.size()) +
                                          " elements by the definition");
  }

  void judge_projection() {
    const auto [projection, check] = RealProjection::of_call(
        problem_, operands_, {types_.accumulator, types_.input_bits}, how_.seed, how_.threads);
    examined_.projection = check.worst_ratio;
    const bool finite = check.unseen == 0 && std::isfinite(check.worst_ratio);
    if (!finite && how_.check_isfinite && has_invalid_value()) return;
    if (!finite || check.violated) look_at_inputs();
    judge_some(sampled(problem_, how_, samples_beside(problem_, how_)));
    const std::int64_t samples = examined_.by_definition;
    if (check.violated) {
      judge_some(suspects(problem_, operands_, projection.signs(), check.worst_position));
      examined_.graded = true;
    }
    // Positions whose own inputs are not finite say nothing.
    examined_.covered = result_.size() / std::max<std::int64_t>(1, check.positions) *
                        (check.positions - check.unseen);
    char text[300];
    std::snprintf(text, sizeof text,
                  "projection with random signs over every element: worst |Q| is %.3g of its "
                  "threshold; an error of %.3g in one element, or %.3g rms, is always seen; %lld "
                  "elements by the definition",
                  check.worst_ratio, check.element_limit, check.rms_limit,
                  static_cast<long long>(samples));
    conclude(examined_.by_definition, text);
    const bool overflow = !std::isfinite(check.worst_ratio);
    if (check.impossible && !overflow && !examined_.violation) {
      fail(Violation::BadKernelOutput,
           Verdict::failed("the projection is beyond what rounding errors of any kind can give"));
    }
  }

  void conclude(std::int64_t judged, const std::string& note) {
    examined_.verdict.note = note;
    if (wrong_in_all_ == 0) return;
    const Judged run{problem_, operands_, data_, types_, expectation_};
    Mismatch worst = describe_all(run, judge_, wrong_);
    for (const Expected& one : expectation_.elements) {
      if (!(one.at == worst.at)) continue;
      worst.bound = judge_.bound(one.sum).rigorous;
      worst.in_bounds = std::abs(worst.got - one.sum.value) / worst.bound;
    }
    worst.wrong = wrong_in_all_;
    worst.judged = judged;
    fail(Violation::BadKernelOutput, Verdict::failed("the result is not the definition's", worst));
  }

  void fail(Violation violation, Verdict verdict) {
    verdict.note = examined_.verdict.note;
    examined_.violation = violation;
    examined_.verdict = std::move(verdict);
  }

  bool has_invalid_value() {
    const std::optional<InvalidElement> found = invalid_element(problem_, operands_);
    if (!found) return false;
    Verdict verdict = Verdict::failed(found->reason);
    if (found->in_result) {
      const Judged run{problem_, operands_, data_, types_, expectation_};
      verdict.worst = describe(run, judge_, {found->at, result_at(problem_, operands_, found->at)});
      verdict.worst->wrong = verdict.worst->judged = 1;
    }
    fail(Violation::InvalidValue, std::move(verdict));
    return true;
  }

  const ConvProblem& problem_;
  const Operands& operands_;
  CallTypes types_;
  How how_;
  Data data_;
  Judge judge_;
  const TensorView& result_;
  bool integers_ = false, spreads_ = false;  // what look_at_inputs() found
  Expectation expectation_;
  std::vector<bool> wrong_;
  std::int64_t wrong_in_all_ = 0;
  Examined examined_;
};

}  // namespace

Examined examine(const ConvProblem& problem, const Operands& operands, const CallTypes& types,
                 const How& how) {
  return Examination(problem, operands, types, how).run();
}

}  // namespace convcheck::debug
