#include "checker/closed_forms/closed_judge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "checker/closed_forms/closed_form.h"
#include "checker/explain.h"
#include "checker/fill.h"
#include "checker/random_bits.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

constexpr std::int64_t kLargestRange = 4;
constexpr double kRoundings = 14;  // of each product, besides additions; see the header
constexpr double kRoundedInputs = 4;
constexpr double kMostProducts = 0x1p28;  // some seconds

bool power_of_two(double number) {
  int exponent = 0;
  return std::frexp(number, &exponent) == 0.5;
}

double smallest_normal(DataType type) {
  return type == DataType::F64   ? std::numeric_limits<double>::min()
         : type == DataType::F16 ? 0x1p-14
                                 : 0x1p-126;
}

std::map<std::string, Tensor> integers(const Case& c, const ClosedForm& form, std::int64_t range) {
  std::map<std::string, Tensor> operands;
  std::uint64_t number = 0;
  for (const auto& [name, shape] : closed_operands(form, c.part)) {
    const DataType type = name == "x" ? c.x_type : name == "dy" ? c.y_type : c.w_type;
    Tensor& tensor = operands[name] = Tensor(shape, type);
    OperandFill fill;
    fill.key = mixed(mixed(c.seed) + ++number);
    fill.range = range;
    write(fill, tensor);
  }
  return operands;
}

// What the closed form gives, and how far from it a result may be.
class ClosedJudge {
 public:
  ClosedJudge(const Case& c, const Backend& backend) : case_(c), form_(closed_form(c)) {
    const Claims claims = backend.claims();
    for (const DataType type : {c.x_type, c.w_type, c.y_type}) {
      for (const DataType one : {type, backend.accumulator(type)}) {
        unit_ = std::max(unit_, unit_roundoff(one));
        normal_ = std::max(normal_, smallest_normal(one));
      }
    }
    const bool convolves = form_.names.size() > 1;  // a kernel alone does not
    if (convolves && claims.algorithm == Claims::Algorithm::Transform) {
      amplification_ = claims.amplification;
    }
    if (claims.input_bits > 0) {
      input_roundings_ = kRoundedInputs;
      unit_ = std::max(unit_, std::ldexp(1.0, -claims.input_bits));
    }
    exact_ = power_of_two(form_.denominator);
  }

  // Fills the operands and works out what is expected; or why that cannot be judged.
  std::optional<Verdict> prepare() {
    const bool one_convolution = form_.names.size() == 3;  // x, w and the value
    if (amplification_ > 0 && !one_convolution) {
      return Verdict::skipped("a transform in a function of several passes has no derived bound");
    }
    if (form_.products > kMostProducts) {
      return Verdict::skipped("more than 2^28 products in the closed form");
    }
    if (!exact_ && 1 / form_.denominator < normal_) {
      return Verdict::skipped("the ratio's smallest weight is subnormal");
    }
    for (std::int64_t range = kLargestRange; range > 0; range /= 2) {
      operands_ = integers(case_, form_, range);
      expected_ = closed_result(form_, case_.part, operands_);
      if (!exact_ || fits(range)) return std::nullopt;
    }
    return Verdict::skipped("sums too long for exact integers");
  }

  const std::map<std::string, Tensor>& operands() const { return operands_; }

  // Why no mistake, or not every one, would be seen.
  std::optional<Verdict> vacuous() const {
    if (expected_.sums.empty()) return Verdict::vacuous("the result is empty");
    const auto value = [&](std::size_t at) { return expected(at % expected_.sums.size()); };
    const std::pair<const char*, std::function<double(std::size_t)>> decoys[] = {
        {"zeros", [](std::size_t) { return 0.0; }},
        {"the negated result", [&](std::size_t at) { return -value(at); }},
        {"the result shifted by one element", [&](std::size_t at) { return value(at + 1); }}};
    bool any_differs = false;
    for (const auto& [name, decoy] : decoys) {
      bool differs = false, accepted = true;
      for (std::size_t at = 0; at < expected_.sums.size(); ++at) {
        differs = differs || decoy(at) != value(at);
        accepted = accepted && is_right(at, decoy(at));
      }
      any_differs = any_differs || differs;
      if (differs && accepted) return Verdict::vacuous(std::string(name) + " would be accepted");
    }
    if (!any_differs) return Verdict::vacuous("every element is 0");
    return std::nullopt;
  }

  Verdict judge(const Tensor& result) const {
    if (!(result.shape() == expected_.shape)) {
      return Verdict::failed("the result has shape " + to_string(result.shape()) + ", expected " +
                             to_string(expected_.shape));
    }
    const std::vector<double> values = result.values();
    std::size_t wrong = 0, first = 0;
    for (std::size_t at = values.size(); at-- > 0;) {
      if (is_right(at, values[at])) continue;
      first = at;
      ++wrong;
    }
    if (wrong == 0) return Verdict::passed();
    return Verdict::failed("at " + to_string(index_of(first)) + ": expected " +
                           number_text(expected(first)) + ", got " + number_text(values[first]) +
                           "; " + std::to_string(wrong) + " of " + std::to_string(values.size()) +
                           " elements are not the closed form's, " + how(first));
  }

 private:
  // Every sum of these products is exact, in any order and on the way, too.
  bool fits(std::int64_t range) const {
    double magnitude = 0, terms = 0;
    for (const ClosedSum& sum : expected_.sums) {
      magnitude = std::max(magnitude, sum.magnitude);
      terms = std::max(terms, static_cast<double>(sum.terms));
    }
    const double most = static_cast<double>(range);
    return magnitude <= 1 / unit_ && amplification_ * unit_ * terms * most * most < 0.5;
  }

  double expected(std::size_t at) const { return expected_.sums[at].value / form_.denominator; }

  double bound(std::size_t at) const {
    const ClosedSum& sum = expected_.sums[at];
    const double steps = (static_cast<double>(sum.terms) + kRoundings + input_roundings_) * unit_;
    return steps < 1 ? steps / (1 - steps) * sum.magnitude / form_.denominator
                     : std::numeric_limits<double>::infinity();
  }

  bool is_right(std::size_t at, double got) const {
    if (!exact_) return std::abs(got - expected(at)) <= bound(at);
    return (amplification_ > 0 ? std::nearbyint(got) : got) == expected(at);
  }

  std::string how(std::size_t at) const {
    if (!exact_) return "more than its bound of " + number_text(bound(at)) + " off";
    return amplification_ > 0 ? "integers compared after rounding"
                              : "exact integers compared with ==";
  }

  Index index_of(std::size_t number) const {
    Index at(expected_.shape.size(), 0);
    auto rest = static_cast<std::int64_t>(number);
    for (std::size_t axis = at.size(); axis-- > 0; rest /= expected_.shape[axis]) {
      at[axis] = rest % expected_.shape[axis];
    }
    return at;
  }

  const Case& case_;
  ClosedForm form_;
  double unit_ = 0, normal_ = 0, amplification_ = 0, input_roundings_ = 0;
  bool exact_ = true;
  std::map<std::string, Tensor> operands_;
  ClosedResult expected_;
};

}  // namespace

Verdict judge_closed_form(const Case& c, const Backend& backend, const ClosedCall& call) {
  ClosedJudge judge(c, backend);
  if (const auto skipped = judge.prepare()) return *skipped;
  Tensor result;
  if (const auto thrown = guarded([&] { result = call(judge.operands()); })) return *thrown;
  if (const auto vacuous = judge.vacuous()) return *vacuous;
  return judge.judge(result);
}

}  // namespace convcheck
