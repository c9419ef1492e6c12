#include "checker/rules/adjoint.h"

#include <cmath>
#include <vector>

#include "checker/explain.h"
#include "checker/judge.h"
#include "checker/random_bits.h"
#include "checker/rules/answers.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

constexpr int kDraws = 4;

// Thrown away when a sum is too large to be stored without rounding.
struct DrawAgain {};

class Directions {
 public:
  Directions(const Trial& trial, std::uint64_t seed)
      : trial_(trial),
        types_(trial.ready.types()),
        data_(make_adjoint_data(trial.ready.problem(), types_, seed)),
        rounds_(types_.amplification > 0) {}

  // Nothing when the draw was too large.
  std::optional<Verdict> decide() {
    try {
      for (const Direction direction : kAllDirections) {
        if (const auto verdict = inner_product(direction)) return verdict;
      }
      if (products_.size() < 2) return Verdict::skipped(refusal_);
      if (const auto verdict = disagreement()) return verdict;
      if (const auto verdict = difference()) return verdict;
      return Verdict::passed();
    } catch (const DrawAgain&) {
      return std::nullopt;
    }
  }

 private:
  struct InnerProduct {
    Direction direction;
    std::uint64_t value;
  };

  ConvProblem problem(Direction direction) const {
    ConvProblem one = trial_.ready.problem();
    one.direction = direction;
    return one;
  }

  double integer(double got) const { return rounds_ ? std::nearbyint(got) : got; }

  // An element as an integer; sets the verdict when it is none. Stored sums of a short type are
  // exact up to 2^significand bits only.
  std::int64_t element(const HostileCall& call, const Index& at, std::optional<Verdict>& verdict) {
    const double got = integer(call.result().at(at));
    const double storable = std::ldexp(1.0, significand_bits(call.result().type));
    if (std::abs(got) <= storable && got == std::trunc(got)) return static_cast<std::int64_t>(got);
    const double right = result_at(call.problem(), call.operands(), at).value;
    if (std::abs(right) > storable) throw DrawAgain();
    Mismatch mismatch;
    mismatch.at = at;
    mismatch.expected = right;
    mismatch.got = got;
    mismatch.wrong = 1;
    verdict = Verdict::failed(std::string(to_string(call.problem().direction)) +
                                  ": an element that no sum of these integers is",
                              mismatch);
    return 0;
  }

  // Runs one direction. A verdict only for a failure.
  std::optional<Verdict> inner_product(Direction direction) {
    HostileCall call(trial_.backend, problem(direction), types_, hostility_of(trial_));
    call.write_inputs(data_);
    if (auto verdict = call.run(trial_.context)) {
      if (verdict->outcome != Outcome::Skipped) return prefixed(to_string(direction), *verdict);
      refusal_ += (refusal_.empty() ? "" : "; ") + std::string(to_string(direction)) + ": " +
                  verdict->reason;
      return std::nullopt;
    }
    const OperandFill& other = data_.of(call.operands(), call.result());
    std::optional<Verdict> verdict;
    std::uint64_t sum = 0;
    if (!call.result().empty()) {
      Index at(call.result().rank(), 0);
      std::int64_t number = 0;
      do {
        const auto factor = static_cast<std::int64_t>(other.at(number++));
        sum += static_cast<std::uint64_t>(factor) *
               static_cast<std::uint64_t>(element(call, at, verdict));
      } while (!verdict && advance(at, call.result().extents));
    }
    products_.push_back({direction, sum});
    return verdict;
  }

  static std::string text(const InnerProduct& one) {
    const char* form = one.direction == Direction::Forward      ? "<y, forward(x, w)> = "
                       : one.direction == Direction::GradInputs ? "<grad_inputs(y, w), x> = "
                                                                : "<grad_weights(x, y), w> = ";
    return form + std::to_string(static_cast<std::int64_t>(one.value));
  }

  std::optional<Verdict> disagreement() const {
    bool alike = true;
    std::string all;
    for (const InnerProduct& one : products_) {
      alike &= one.value == products_[0].value;
      all += (all.empty() ? "" : ", ") + text(one);
    }
    if (alike) return std::nullopt;
    return Verdict::failed(all);
  }

  // Leaves only every element of the first operand that is read whose random bit is `part`.
  void keep_part(HostileCall& call, bool part) const {
    const TensorView& view =
        call.problem().direction == Direction::GradInputs ? call.operands().w : call.operands().x;
    if (view.empty()) return;
    Index at(view.rank(), 0);
    std::int64_t number = 0;
    do {
      if ((bits_of(data_.x.key + 1, number++) & 1) != part) view.set(at, 0);
    } while (advance(at, view.extents));
  }

  // Finite differences in the case's own direction.
  std::optional<Verdict> difference() {
    const ConvProblem own = trial_.ready.problem();
    std::vector<HostileCall> calls;  // p + q, p, q
    calls.reserve(3);
    for (int part = 0; part < 3; ++part) {
      HostileCall& call = calls.emplace_back(trial_.backend, own, types_, hostility_of(trial_));
      call.write_inputs(data_);
      if (part > 0) keep_part(call, part == 1);
      if (auto verdict = call.run(trial_.context)) {
        if (verdict->outcome == Outcome::Skipped) return std::nullopt;
        return verdict;
      }
    }
    std::optional<Verdict> verdict;
    Index at(calls[0].result().rank(), 0);
    do {
      std::int64_t values[3];
      for (int i = 0; i < 3; ++i) {
        values[i] = element(calls[static_cast<std::size_t>(i)], at, verdict);
        if (verdict) return verdict;
      }
      if (values[0] - values[1] != values[2]) return not_additive(at, values);
    } while (advance(at, calls[0].result().extents));
    return std::nullopt;
  }

  Verdict not_additive(const Index& at, const std::int64_t (&values)[3]) const {
    Mismatch mismatch;
    mismatch.at = at;
    mismatch.expected = static_cast<double>(values[2]);
    mismatch.got = static_cast<double>(values[0] - values[1]);
    mismatch.wrong = 1;
    return Verdict::failed("result(p + q) - result(p) is not result(q)", mismatch);
  }

  const Trial& trial_;
  CallTypes types_;
  Data data_;
  bool rounds_;
  std::vector<InnerProduct> products_;
  std::string refusal_;
};

Verdict judge(const Trial& trial) {
  const ConvProblem& problem = trial.ready.problem();
  for (const Shape& shape : {problem.x_shape(), problem.w_shape(), problem.y_shape()}) {
    if (element_count(shape) == 0) return Verdict::vacuous("an operand is empty");
  }
  for (int draw = 0; draw < kDraws; ++draw) {
    const std::uint64_t seed = trial.ready.subject().seed + static_cast<std::uint64_t>(draw);
    if (const auto verdict = Directions(trial, seed).decide()) return *verdict;
  }
  return Verdict::vacuous("the sums of " + std::to_string(kDraws) +
                          " draws are too large to be stored without rounding");
}

}  // namespace

const Rule& adjoint_rule() {
  static const Rule rule{"adjoint",
                         "the three directions are one another's adjoints, and each is additive",
                         [](const Trial& trial) { return decided([&] { return judge(trial); }); }};
  return rule;
}

}  // namespace convcheck
