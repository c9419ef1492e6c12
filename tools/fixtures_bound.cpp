#include "tools/fixtures_bound.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fast/evaluate.h"

namespace convcheck {
namespace {

constexpr std::int64_t kBilinearExtra =
    4;  // at most 3 of the 2-D kernel's weight, or 1 for each axis and the nesting
constexpr std::int64_t kSeparableExtra = 2;  // the nesting

template <class F>
NamedTensors mapped(NamedTensors tensors, const F& function) {
  for (auto& entry : tensors) {
    Tensor& tensor = entry.second;
    double* values = tensor.data<double>();
    std::transform(values, values + tensor.size(), values, function);
  }
  return tensors;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Output v of one axis is at (q v - (p - 1) / 2) / p of the input, whose edge goes on forever: the
// greatest number of outputs that read one input, or of inputs that one output reads.
std::int64_t axis_terms(std::int64_t inputs, Ratio ratio, bool gradient) {
  const std::int64_t common = std::gcd(ratio.numerator, ratio.denominator);
  const std::int64_t p = ratio.numerator / common, q = ratio.denominator / common;
  std::vector<std::int64_t> readers(static_cast<std::size_t>(inputs), 0);
  for (std::int64_t v = 0; v * q < inputs * p; ++v) {
    const std::int64_t at = q * v - (p - 1) / 2;
    for (const std::int64_t i : {floor_div(at, p), floor_div(at, p) + 1}) {
      ++readers[static_cast<std::size_t>(std::clamp<std::int64_t>(i, 0, inputs - 1))];
    }
  }
  return gradient ? *std::max_element(readers.begin(), readers.end()) : 2;
}

std::int64_t bilinear_terms(const Case& c) {
  const bool gradient = c.part == Part::GradInputs;
  return axis_terms(c.x[2], c.ratio.front(), gradient) *
         axis_terms(c.x[3], c.ratio.back(), gradient);
}

Tensor filled(const Shape& shape, std::int64_t value) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  return Tensor(shape, std::vector<double>(count, static_cast<double>(value)), DataType::F64);
}

}  // namespace

bool is_upsampling(const Case& c) {
  return c.function == Function::BilinearUpsampling ||
         c.function == Function::FracBilinearUpsampling;
}

bool is_kernel(const Case& c) {
  return c.function == Function::BilinearKernel1D || c.function == Function::BilinearKernel2D;
}

double ErrorBound::at(const Index& index, double u) const {
  const double m = (terms.at(index) + static_cast<double>(extra)) * u;
  return m / (1 - m) * magnitude.at(index);
}

ErrorBound error_bound(const Case& c, const NamedTensors& operands) {
  const BackendPtr reference = backend_named("reference");
  ErrorBound bound;
  bound.magnitude = evaluate(c, mapped(operands, [](double x) { return std::abs(x); }), reference);
  if (is_upsampling(c) || is_kernel(c)) {
    const std::int64_t terms = is_kernel(c) ? 0 : bilinear_terms(c);
    bound.terms = filled(bound.magnitude.shape(), terms);
    bound.extra = kBilinearExtra;
    return bound;
  }
  bound.terms = evaluate(c, mapped(operands, [](double) { return 1.0; }), reference);
  bound.extra = c.function == Function::SeparableConv ? kSeparableExtra : 1;
  return bound;
}

}  // namespace convcheck
