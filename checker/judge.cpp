#include "checker/judge.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reference/flops.h"

namespace convcheck {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kGradedAtLeast = 1000;

double smallest_exponent(DataType type) {
  switch (type) {
    case DataType::F64:
      return -1022;
    case DataType::F16:
      return -14;
    default:
      return -126;
  }
}

double smallest_subnormal(DataType type) {
  return std::ldexp(1.0, static_cast<int>(smallest_exponent(type)) - significand_bits(type) + 1);
}

double largest_finite(DataType type) {
  switch (type) {
    case DataType::F64:
      return std::numeric_limits<double>::max();
    case DataType::F32:
      return static_cast<double>(std::numeric_limits<float>::max());
    case DataType::F16:
      return 65504;
    case DataType::BF16:
      return 0x1.fep127;
  }
  return kInfinity;
}

double unit_in_the_last_place(DataType type, double value) {
  if (value == 0) return smallest_subnormal(type);
  const double exponent = std::max<double>(std::ilogb(value), smallest_exponent(type));
  return std::ldexp(1.0, static_cast<int>(exponent) - significand_bits(type) + 1);
}

double multiplications(const ConvProblem& problem) {
  return std::max(1.0, static_cast<double>(flops(problem)) / 2);
}

double rms(const std::vector<Graded>& elements, double (*number)(const Graded&)) {
  double sum = 0;
  for (const Graded& one : elements) sum += number(one) * number(one);
  return std::sqrt(sum / static_cast<double>(elements.size()));
}

}  // namespace

Judge::Judge(const ConvProblem& problem, const CallTypes& types, const Data& data)
    : result_type_(types.result(problem.direction)),
      types_(types),
      exact_(data.exact()),
      exact_up_to_(data.exact_up_to),
      largest_(data.largest),
      lambda_(std::sqrt(2 * std::log(2 * multiplications(problem) * 0x1p40))),
      terms_bound_(data.largest) {}

Bound Judge::bound(const Sum& sum) const {
  if (exact_) return {};
  const auto n = static_cast<double>(sum.terms);
  const double u = unit_roundoff(types_.accumulator);
  const double u_in = types_.input_bits > 0 ? std::ldexp(1.0, -types_.input_bits) : 0;
  const double stored =
      unit_roundoff(result_type_) * std::abs(sum.value) + smallest_subnormal(result_type_);
  // `error` is that of adding up, of products of inputs that may have been rounded.
  const auto bound_of = [&](double error) {
    const double before = error * (1 + u_in) * (1 + u_in) +
                          (n + 1) * smallest_subnormal(types_.accumulator) +
                          (2 * u_in + u_in * u_in) * sum.magnitude;
    return before * (1 + unit_roundoff(result_type_)) + stored;
  };
  if (types_.amplification > 0) {
    const double norm = bound_of(types_.amplification * u * terms_bound_);
    return {norm, norm};
  }
  const double likely = std::expm1(lambda_ * std::sqrt(n) * u + n * u * u);
  return {bound_of(std::min(likely, n * u) * sum.magnitude), bound_of(n * u * sum.magnitude)};
}

bool Judge::within(double got, const Sum& sum, double bound) const {
  if (!std::isfinite(sum.value)) return std::isnan(sum.value) ? std::isnan(got) : got == sum.value;
  if (std::isinf(got)) {  // the sum may round to infinity
    const double reach = largest_finite(result_type_);
    return std::signbit(got) == std::signbit(sum.value) && std::abs(sum.value) + bound > reach;
  }
  return std::abs(got - sum.value) <= bound;
}

bool Judge::is_right(double got, const Sum& sum) const {
  if (!exact_) return within(got, sum, bound(sum).expected);
  if (!std::isfinite(sum.value)) return within(got, sum, 0);
  // A sum is no integer only where a subnormal is alone in it, which a transform may lose.
  if (types_.amplification > 0) return std::nearbyint(got) == std::nearbyint(stored(sum));
  return got == stored(sum);
}

bool Judge::is_possible(double got, const Sum& sum) const {
  return exact_ ? is_right(got, sum) : within(got, sum, bound(sum).rigorous);
}

bool Judge::stores_exactly() const {
  return exact_ && largest_ <= std::ldexp(1.0, significand_bits(result_type_));
}

bool Judge::fits(const Sum& sum) const {
  if (!exact_ || !std::isfinite(sum.magnitude)) return true;
  return (sum.magnitude + std::abs(sum.value)) / 2 <= exact_up_to_;
}

Deviation deviation(const Judge& judge, double got, const Sum& sum) {
  const double error = std::abs(got - sum.value);
  const double expected = judge.bound(sum).expected;
  const double in_bounds = judge.is_right(got, sum) && judge.exact() ? 0
                           : expected > 0                            ? error / expected
                                                                     : kInfinity;
  return {error, in_bounds, ulps_between(judge.result_type(), got, judge.stored(sum))};
}

double ulps_between(DataType type, double a, double b) {
  if (a == b) return 0;
  if (!std::isfinite(a) || !std::isfinite(b)) return kInfinity;
  return std::abs(a - b) / unit_in_the_last_place(type, b);
}

std::string precision_grade(const std::vector<Graded>& elements, DataType result_type) {
  if (elements.size() < kGradedAtLeast) return "";
  const double error = rms(elements, [](const Graded& one) { return one.got - one.sum.value; });
  const double magnitude = rms(elements, [](const Graded& one) { return one.sum.magnitude; });
  const double root = rms(elements, [](const Graded& one) {
    return one.sum.magnitude /
           std::sqrt(static_cast<double>(std::max<std::int64_t>(1, one.sum.terms)));
  });
  const bool f16 = result_type == DataType::F16, bf16 = result_type == DataType::BF16;
  if (!f16 && !bf16) {
    if (error <= 0x1p-53 * magnitude) return "f64";
    if (error <= 0x1p-24 * magnitude) return "f32";
    if (error <= 0x1p-10 * root) return "TF32";
  }
  if (!bf16 && error <= 0x1p-11 * magnitude) return "f16";
  return error <= 0x1p-8 * magnitude ? "bf16" : "below bf16";
}

}  // namespace convcheck
