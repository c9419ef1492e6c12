// Sums of the products of one element in other orders than the kernel's own, formed in the type
// that the kernel claims: f64 for an f64 result, else f32.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/mutants/kernel.h"

namespace convcheck {

// Rounded to that many significant bits, ties to even; the range stays.
inline double to_bits(double value, int bits) {
  if (value == 0 || !std::isfinite(value)) return value;
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(fraction, bits)), exponent - bits);
}

inline DataType summing_type(const Call& call) {
  const DataType result = call.operands.result(call.problem.direction).type;
  return result == DataType::F64 ? DataType::F64 : DataType::F32;
}

// From product `first` on, in steps of `step`, to the end.
inline double sum_of_every(const std::vector<double>& products, std::size_t first, std::size_t step,
                           DataType type) {
  double sum = 0;
  for (std::size_t i = first; i < products.size(); i += step) {
    sum = rounded(type, sum + products[i]);
  }
  return sum;
}

// All, beginning with product `first`.
inline double rotated_sum(const std::vector<double>& products, std::size_t first, DataType type) {
  double sum = 0;
  for (std::size_t i = 0; i < products.size(); ++i) {
    sum = rounded(type, sum + products[(first + i) % products.size()]);
  }
  return sum;
}

// Partial sums of every `parts`-th product, added in order.
inline double sum_in_parts(const std::vector<double>& products, std::size_t parts, DataType type) {
  double sum = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    sum = rounded(type, sum + sum_of_every(products, part, parts, type));
  }
  return sum;
}

// Starts where nobody can foresee it: another place for every sum, as threads that race do.
struct RacingSum {
  std::uint64_t state = 1;

  double operator()(const Call& call, std::vector<double>& products) {
    if (products.empty()) return 0;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return rotated_sum(products, (state >> 33) % products.size(), summing_type(call));
  }
};

}  // namespace convcheck
