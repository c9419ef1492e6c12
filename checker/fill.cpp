#include "checker/fill.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace convcheck {
namespace {

// More would not see more, and small numbers are easier to read in a report.
constexpr std::int64_t kLargestRange = 99;

// The output function of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014.
std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

// Most taps of one axis that contribute to one element.
std::int64_t max_taps(const Window& window, Direction direction) {
  const std::int64_t output = window.output();
  switch (direction) {
    case Direction::GradWeights:
      return output;
    case Direction::GradInputs: {
      // Taps that reach the same input are stride / gcd apart.
      const std::int64_t step = window.stride / std::gcd(window.stride, window.dilation);
      return std::min((window.filter - 1) / step + 1, output);
    }
    default: {
      const std::int64_t reachable = (window.input + window.dilation - 1) / window.dilation;
      return std::min(window.filter, reachable);
    }
  }
}

// The numbers of a contiguous view of T, without an index per element.
template <class T>
void fill_contiguous(const IntegerFill& values, T* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(values.at(i));
}

template <class Value>
void for_each_element(const TensorView& view, const Value& value) {
  if (view.empty()) return;
  Index index(view.rank(), 0);
  std::int64_t element = 0;
  do view.set(index, value(element++));
  while (advance(index, view.extents));
}

}  // namespace

double IntegerFill::at(std::int64_t element) const {
  const std::uint64_t bits = mixed(key + static_cast<std::uint64_t>(element) * 0x9e3779b97f4a7c15);
  constexpr std::uint64_t kLow = (std::uint64_t{1} << 31) - 1;
  if (density < 1 && static_cast<double>(bits & kLow) >= density * 0x1p31) return 0;
  const auto magnitude =
      static_cast<double>(1 + ((bits >> 32) * static_cast<std::uint64_t>(range) >> 32));
  return (bits >> 31) & 1 ? -magnitude : magnitude;
}

std::int64_t max_terms(const ConvProblem& problem) {
  std::int64_t terms = problem.direction == Direction::Forward      ? problem.group_channels()
                       : problem.direction == Direction::GradInputs ? problem.group_filters()
                                                                    : problem.batch;
  if (problem.direction == Direction::GradWeights && problem.unshared) return terms;
  for (const Window& window : problem.axes()) terms *= max_taps(window, problem.direction);
  return terms;
}

NarrowFill narrow_fill(const ConvProblem& problem, const FillTypes& types, std::uint64_t seed) {
  NarrowFill fill;
  fill.terms = max_terms(problem);
  fill.exact_up_to = std::ldexp(1.0, significand_bits(types.accumulator));
  const auto terms = static_cast<double>(std::max<std::int64_t>(fill.terms, 1));
  double product = fill.exact_up_to / terms;
  double most_terms = fill.exact_up_to - 8 * std::sqrt(fill.exact_up_to);
  if (significand_bits(types.result) < significand_bits(types.accumulator)) {
    const double storable = std::ldexp(1.0, significand_bits(types.result)) / 6;
    product = std::min(product, storable / std::sqrt(terms));
    most_terms = std::min(most_terms, storable * storable);
  }
  const double a = std::clamp(std::floor(std::sqrt(product)), 1.0, double(kLargestRange));
  const double b = std::clamp(std::floor(product / a), 1.0, double(kLargestRange));
  const double density = product < 1 ? std::min(most_terms / terms, 1.0) : 1;

  const auto operand = [&](std::uint64_t number, double range, double dense) {
    return IntegerFill{mixed(mixed(seed) + number), static_cast<std::int64_t>(range), dense};
  };
  const bool reads_x = problem.direction != Direction::GradInputs;
  fill.x = operand(1, b, density);
  fill.w = operand(2, a, 1);
  fill.y = operand(3, reads_x ? a : b, reads_x ? 1 : density);
  return fill;
}

void fill(const IntegerFill& values, const TensorView& view) {
  if (view.contiguous() && view.type == DataType::F32) {
    fill_contiguous(values, view.as<float>(), view.size());
  } else if (view.contiguous() && view.type == DataType::F64) {
    fill_contiguous(values, view.as<double>(), view.size());
  } else {
    for_each_element(view, [&](std::int64_t element) { return values.at(element); });
  }
}

void fill_with_nan(const TensorView& view) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (view.contiguous() && view.type == DataType::F32) {
    std::fill_n(view.as<float>(), view.size(), static_cast<float>(kNan));
  } else if (view.contiguous() && view.type == DataType::F64) {
    std::fill_n(view.as<double>(), view.size(), kNan);
  } else {
    for_each_element(view, [](std::int64_t) { return kNan; });
  }
}

}  // namespace convcheck
