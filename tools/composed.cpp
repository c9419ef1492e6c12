#include "tools/composed.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "checker/explain.h"
#include "checker/fill.h"
#include "fast/evaluate.h"
#include "reference/reference_backend.h"

namespace convcheck {
namespace {

bool power_of_two(std::int64_t number) { return number > 0 && (number & (number - 1)) == 0; }

// A unit of 1 / denominator divides every value of the upsampling kernel; 0 when none does.
double kernel_unit(const Case& c) {
  double unit = 1;
  for (const Ratio& ratio : c.ratio) {
    if (!power_of_two(ratio.numerator) || !power_of_two(ratio.denominator)) return 0;
    const double one = static_cast<double>(ratio.numerator * ratio.denominator);
    unit /= c.ratio.size() == 1 ? one * one : one;
  }
  return unit;
}

NamedTensors operands_of(const Case& c, std::int64_t range, bool absolute) {
  NamedTensors operands;
  std::uint64_t number = 0;
  for (const auto& [name, shape] : operand_shapes(c)) {
    ++number;
    if (name == "result") continue;
    const DataType type = absolute       ? DataType::F64
                          : name == "x"  ? c.x_type
                          : name == "dy" ? c.y_type
                                         : c.w_type;
    Tensor& tensor = operands[name] = Tensor(shape, type);
    OperandFill integers;
    integers.key = c.seed * 0x9e3779b97f4a7c15 + number;
    integers.range = range;
    write(integers, tensor);
    if (!absolute) continue;
    double* values = tensor.data<double>();
    std::transform(values, values + tensor.size(), values,
                   [](double value) { return std::abs(value); });
  }
  return operands;
}

// The largest sum of absolute products in the result.
double largest_magnitude(Case c, std::int64_t range) {
  c.x_type = c.w_type = c.y_type = DataType::F64;
  const std::vector<double> values =
      evaluate(c, operands_of(c, range, true), reference_backend()).values();
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

Verdict compare(const Tensor& expected, const Tensor& got) {
  if (expected.size() == 0) return Verdict::vacuous("the result is empty");
  if (!(expected.shape() == got.shape())) {
    return Verdict::failed("the result has shape " + to_string(got.shape()) + ", expected " +
                           to_string(expected.shape()));
  }
  std::int64_t wrong = 0;
  std::string first;
  Index at(expected.shape().size(), 0);
  do {
    if (got.at(at) == expected.at(at)) continue;
    if (wrong++ == 0) {
      first = "at " + to_string(at) + ": expected " + number_text(expected.at(at)) + ", got " +
              number_text(got.at(at));
    }
  } while (advance(at, expected.shape()));
  if (wrong == 0) return Verdict::passed();
  return Verdict::failed(first + "; " + std::to_string(wrong) + " of " +
                         std::to_string(expected.size()) +
                         " elements are wrong, exact integers compared with ==");
}

}  // namespace

Verdict judge_composed(const Case& c, const BackendPtr& backend) {
  if (c.function == Function::BilinearKernel1D || c.function == Function::BilinearKernel2D) {
    return Verdict::vacuous("a kernel is computed without a backend");
  }
  const double unit = kernel_unit(c);
  if (unit == 0)
    return Verdict::skipped(
        "a kernel whose ratio is no power of two is not exact, so == cannot judge it");
  const double exact_up_to = unit * std::ldexp(1.0, significand_bits(c.y_type));
  std::int64_t range = 4;
  while (range > 0 && !(largest_magnitude(c, range) <= exact_up_to)) range /= 2;
  if (range == 0) return Verdict::skipped("sums too long for exact integers");
  const NamedTensors operands = operands_of(c, range, false);
  const Tensor expected = evaluate(c, operands, reference_backend());
  try {
    return compare(expected, evaluate(c, operands, backend));
  } catch (const ConvError& error) {
    if (error.kind() == ErrorKind::Unsupported) return Verdict::skipped(error.what());
    return Verdict::failed(std::string("the call threw: ") + error.what());
  } catch (const std::exception& error) {
    return Verdict::failed(std::string("the call threw: ") + error.what());
  }
}

}  // namespace convcheck
