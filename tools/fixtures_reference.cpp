#include "tools/fixtures_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "fixtures/hdf5.h"
#include "reference/oracle.h"
#include "reference/reference_backend.h"
#include "tools/fixtures_bound.h"

namespace convcheck {
namespace {

constexpr const char* kProducer = "convcheck reference";

double smallest_subnormal(DataType type) {
  switch (type) {
    case DataType::F64:
      return 0x1p-1074;
    case DataType::F32:
      return 0x1p-149;
    case DataType::F16:
      return 0x1p-24;
    default:
      return 0x1p-133;
  }
}

// Of those that are finite: a sum with another one is not, and has no bound.
double largest_of(const NamedTensors& operands) {
  double largest = 1;
  for (const auto& entry : operands) {
    for (const double v : entry.second.values()) {
      if (std::isfinite(v)) largest = std::max(largest, std::abs(v));
    }
  }
  return largest;
}

// Whether positive and negative products each add up to what is exact in the sums' type.
bool sum_fits(const Case& c, double magnitude, double value) {
  return !std::isfinite(magnitude) || (magnitude + std::abs(value)) / 2 <= 1 / sum_roundoff(c);
}

// Whether no order of summation leaves the range of the sums' type, or of the result's.
bool in_range(const Case& c, double magnitude, double value, double bound) {
  if (!std::isfinite(value)) return true;
  const DataType sums =
      c.accumulator.value_or(compute_type(c) == DataType::F64 ? DataType::F64 : DataType::F32);
  return std::isfinite(rounded(sums, magnitude)) &&
         std::isfinite(rounded(result_type(c), std::abs(value) + bound));
}

Answered one_convolution(const Case& c, const NamedTensors& operands) {
  const ConvProblem problem = conv_problem(c);
  const Shape shape = problem.result_shape();
  Answered answer{Tensor(shape, DataType::F64), Tensor(shape, DataType::F64)};
  const Operands roles = operands_by_role(c, operands, answer.value);
  const BoundModel model(c, operands);
  if (answer.value.size() == 0) return answer;
  Index at(shape.size(), 0);
  do {
    const Sum sum = result_at(problem, roles, at);
    answer.value.set(at, sum.value);
    if (std::isfinite(sum.value)) {
      answer.bound.set(at, model(static_cast<double>(sum.terms), sum.magnitude));
    }
    answer.in_range = answer.in_range && in_range(c, sum.magnitude, sum.value, answer.bound.at(at));
    answer.sums_fit = answer.sums_fit && sum_fits(c, sum.magnitude, sum.value);
  } while (advance(at, shape));
  return answer;
}

Answered several_convolutions(const Case& narrow, const NamedTensors& operands) {
  const BoundModel model(narrow, operands);
  Case c = narrow;
  c.x_type = c.w_type = c.y_type = DataType::F64;
  NamedTensors wide;
  for (const auto& [name, tensor] : operands) wide[name] = Tensor::copy_of(tensor, DataType::F64);
  Answered answer{evaluate(c, wide, reference_backend()), {}};
  const ErrorBound counted = error_bound(c, wide);
  answer.bound = Tensor(answer.value.shape(), DataType::F64);
  const std::vector<double> terms = counted.terms.values(), sizes = counted.magnitude.values();
  const double* values = answer.value.data<double>();
  for (std::size_t i = 0; i < terms.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    answer.bound.data<double>()[i] = model(terms[i] + static_cast<double>(counted.extra), sizes[i]);
    answer.in_range =
        answer.in_range && in_range(narrow, sizes[i], values[i], answer.bound.data<double>()[i]);
  }
  return answer;
}

GoldenCase checked(GoldenCase golden, const Answered& answer) {
  const Case& c = golden.subject;
  const std::vector<double> bounds = answer.bound.values();
  const bool infinite =
      std::any_of(bounds.begin(), bounds.end(), [](double bound) { return !std::isfinite(bound); });
  if (golden.exact && !answer.sums_fit) {
    throw ConvError(ErrorKind::Syntax, "fill", c.fill, "sums that are exact in any order");
  }
  if (!golden.exact && infinite) {
    throw ConvError(ErrorKind::Syntax, "case", to_string(c), "finite sums that have a bound");
  }
  if (!golden.exact && !answer.in_range) {
    throw ConvError(ErrorKind::Syntax, "case", to_string(c), "sums in the range of its types");
  }
  golden.expected = answer.value;
  if (!golden.exact) golden.bound = answer.bound;
  return golden;
}

void require_shape(const std::string& name, const Shape& got, const Shape& said,
                   const std::string& where) {
  if (got == said) return;
  throw FileError(where + ": " + name + " is " + to_string(got) + ", the case line says " +
                  to_string(said));
}

}  // namespace

BoundModel::BoundModel(const Case& c, const NamedTensors& operands)
    : storage_(unit_roundoff(compute_type(c))),
      sums_(is_upsampling(c) ? storage_ : sum_roundoff(c)),
      result_(unit_roundoff(result_type(c))),
      stored_(is_upsampling(c) || is_kernel(c)        ? 4
              : c.function == Function::SeparableConv ? 1
                                                      : 0),
      underflow_(std::max(smallest_subnormal(compute_type(c)), smallest_subnormal(result_type(c))) *
                 largest_of(operands)) {}

double BoundModel::operator()(double terms, double magnitude) const {
  const double m = terms * sums_;
  if (!(m < 1)) return std::numeric_limits<double>::infinity();
  const double relative =
      std::expm1(std::log1p(m / (1 - m)) + stored_ * std::log1p(storage_) + std::log1p(result_));
  return relative * magnitude + (terms + stored_ + 1) * underflow_;
}

Answered answer_of_reference(const Case& c, const NamedTensors& operands) {
  return is_one_convolution(c) ? one_convolution(c, operands) : several_convolutions(c, operands);
}

GoldenCase golden_case(const Case& line) {
  FixtureData data = fixture_data(line);
  return golden_case(line, std::move(data.operands), data.exact);
}

GoldenCase golden_case(const Case& line, NamedTensors operands, bool exact) {
  GoldenCase golden{.subject = line, .operands = std::move(operands), .exact = exact};
  golden.producer = kProducer;
  const Answered answer = answer_of_reference(line, golden.operands);
  return checked(std::move(golden), answer);
}

void require_storable(const Case& c) {
  check_case(c);
  for (const auto& [name, shape] : operand_shapes(c)) {
    if (element_count(shape) <= static_cast<std::int64_t>(hdf5::kMaxElements)) continue;
    throw ConvError(ErrorKind::Overflow, name + "'s shape", to_string(shape),
                    "at most 2^24 elements");
  }
}

void require_operands(const Case& c, const NamedTensors& operands, const std::string& where) {
  const std::map<std::string, Shape> shapes = operand_shapes(c);
  for (const auto& [name, shape] : shapes) {
    if (name == "result") continue;
    const auto found = operands.find(name);
    if (found == operands.end()) throw FileError(where + ": operand " + name + " is missing");
    require_shape(name, found->second.shape(), shape, where);
  }
  if (operands.size() + 1 != shapes.size()) {
    throw FileError(where + ": has an operand that the case line has not");
  }
}

void require_consistent(const GoldenCase& c, const std::string& where) {
  try {
    require_operands(c.subject, c.operands, where);
    require_shape("result", c.expected.shape(), operand_shapes(c.subject).at("result"), where);
  } catch (const ConvError& error) {
    throw FileError(where + ": " + error.what());
  }
}

}  // namespace convcheck
