#include "tools/fixtures_operands.h"

#include <algorithm>
#include <cmath>

#include "checker/fill.h"
#include "checker/random_bits.h"
#include "checker/run_case.h"
#include "reference/reference_backend.h"

namespace convcheck {
namespace {

DataType type_of(const Case& c, const std::string& name) {
  return name == "x" ? c.x_type : name == "dy" ? c.y_type : c.w_type;
}

// The operand that the part reads, made by the function of its number among the operands.
template <class Write>
NamedTensors each_operand(const Case& c, const Write& write) {
  NamedTensors operands;
  std::uint64_t number = 0;
  for (const auto& [name, shape] : operand_shapes(c)) {
    if (name == "result") continue;
    Tensor& tensor = operands[name] = Tensor(shape, type_of(c, name));
    write(++number, tensor);
  }
  return operands;
}

template <class Value>
void write_each(const Value& value, Tensor& tensor) {
  const std::size_t size = size_of(tensor.type());
  auto* at = static_cast<std::byte*>(tensor.view().data);
  for (std::int64_t i = 0; i < tensor.size(); ++i, at += size) store(tensor.type(), at, value(i));
}

std::uint64_t key_of(const Case& c, std::uint64_t number) { return mixed(mixed(c.seed) + number); }

// --- the fills of files ---

double signed_zero_or_one(std::uint64_t bits) {
  const double magnitude = bits & 1 ? 1 : 0;
  return bits & 2 ? -magnitude : magnitude;
}

// A type's smallest positive number.
double smallest(DataType type) {
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

double tiny_of(const Case& c) {
  const DataType sums = compute_type(c) == DataType::F64 ? DataType::F64 : DataType::F32;
  return std::max({smallest(c.x_type), smallest(c.w_type), smallest(c.y_type), smallest(sums)});
}

double spread(std::uint64_t bits, int largest_exponent) {
  const auto exponents = static_cast<std::uint64_t>(2 * largest_exponent + 1);
  const int exponent = static_cast<int>((bits >> 8) % exponents) - largest_exponent;
  const double fraction = 1 + std::ldexp(static_cast<double>(bits >> 40), -24);
  return std::ldexp(bits & 1 ? -fraction : fraction, exponent);
}

NamedTensors zeros(const Case& c) {
  return each_operand(c, [&](std::uint64_t number, Tensor& tensor) {
    const std::uint64_t key = key_of(c, number);
    write_each([&](std::int64_t i) { return signed_zero_or_one(bits_of(key, i)); }, tensor);
  });
}

NamedTensors subnormal(const Case& c) {
  const double tiny = tiny_of(c);
  return each_operand(c, [&](std::uint64_t number, Tensor& tensor) {
    const std::uint64_t key = key_of(c, number);
    const auto value = [&](std::int64_t i) {
      const std::uint64_t bits = bits_of(key, i);
      if (number != 1) return static_cast<double>(static_cast<std::int64_t>(bits % 3) - 1);
      return (bits & 1 ? -tiny : tiny) * static_cast<double>(1 + (bits >> 8) % 3);
    };
    write_each(value, tensor);
  });
}

NamedTensors cancel(const Case& c) {
  const bool is_short = std::min({size_of(c.x_type), size_of(c.w_type), size_of(c.y_type)}) < 4;
  return each_operand(c, [&](std::uint64_t number, Tensor& tensor) {
    const std::uint64_t key = key_of(c, number);
    write_each([&](std::int64_t i) { return spread(bits_of(key, i), is_short ? 3 : 10); }, tensor);
  });
}

// --- the checker's fills ---

NamedTensors by_role(const Case& c, const Data& data) {
  const bool transposed = c.function == Function::ConvTranspose;
  NamedTensors operands = each_operand(c, [](std::uint64_t, Tensor&) {});
  for (auto& [name, tensor] : operands) {
    const bool is_x = name == (transposed ? "dy" : "x");
    write(name == "w" ? data.w : is_x ? data.x : data.y, tensor);
  }
  return operands;
}

FixtureData one_convolution(const Case& c) {
  const CallTypes types = usual_types(c);
  const Data data = make_data(conv_problem(c), types, parse_fill(c.fill), c.seed);
  return {by_role(c, data), data.exact()};
}

// A unit of which every weight of an upsampling is a multiple; 0 when there is none.
double kernel_unit(const Case& c) {
  const auto power_of_two = [](std::int64_t number) {
    return number > 0 && (number & (number - 1)) == 0;
  };
  double unit = 1;
  for (const Ratio& ratio : c.ratio) {
    if (!power_of_two(ratio.numerator) || !power_of_two(ratio.denominator)) return 0;
    const auto one = static_cast<double>(ratio.numerator * ratio.denominator);
    unit /= c.ratio.size() == 1 ? one * one : one;
  }
  return unit;
}

NamedTensors filled(const Case& c, OperandFill::Kind kind, std::int64_t range) {
  return each_operand(c, [&](std::uint64_t number, Tensor& tensor) {
    OperandFill fill;
    fill.kind = kind;
    fill.key = key_of(c, number);
    fill.range = range;
    fill.type = tensor.type();
    write(fill, tensor);
  });
}

double largest_magnitude(const Case& c, const NamedTensors& operands) {
  Case wide = c;
  wide.x_type = wide.w_type = wide.y_type = DataType::F64;
  NamedTensors magnitudes;
  for (const auto& [name, tensor] : operands) {
    Tensor& copy = magnitudes[name] = Tensor::copy_of(tensor, DataType::F64);
    double* values = copy.data<double>();
    std::transform(values, values + copy.size(), values, [](double v) { return std::abs(v); });
  }
  double largest = 0;
  for (const double v : evaluate(wide, magnitudes, reference_backend()).values()) {
    largest = std::max(largest, v);
  }
  return largest;
}

// Of functions that are more than one convolution: results of the first are stored, too.
bool is_exact(const Case& c, const NamedTensors& operands) {
  const double unit = kernel_unit(c);
  const int bits = std::min(significand_bits(compute_type(c)), significand_bits(result_type(c)));
  return unit > 0 && largest_magnitude(c, operands) <= unit * std::ldexp(1.0, bits);
}

FixtureData several_convolutions(const Case& c) {
  const Fill fill = parse_fill(c.fill);
  if (fill == Fill::Real) return {filled(c, OperandFill::Kind::Real, 1), false};
  if (fill != Fill::Narrow) {
    throw ConvError(ErrorKind::Syntax, "fill", c.fill, "narrow, real, zeros or cancel here");
  }
  for (std::int64_t range = 4; range > 0; range /= 2) {
    NamedTensors operands = filled(c, OperandFill::Kind::Integer, range);
    if (range == 1 || is_exact(c, operands)) {
      const bool exact = is_exact(c, operands);
      return {std::move(operands), exact};
    }
  }
  return {};
}

}  // namespace

DataType result_type(const Case& c) {
  switch (c.part) {
    case Part::Forward:
      return c.y_type;
    case Part::GradInputs:
      return c.x_type;
    default:
      return c.w_type;
  }
}

DataType compute_type(const Case& c) {
  const bool has_filters = !c.w.empty() || !c.dw.empty();
  const DataType types[] = {c.x_type, has_filters ? c.w_type : c.y_type, c.y_type};
  for (const DataType type : {DataType::F64, DataType::F32}) {
    if (std::find(std::begin(types), std::end(types), type) != std::end(types)) return type;
  }
  return types[0] == types[1] && types[1] == types[2] ? types[0] : DataType::F32;
}

double sum_roundoff(const Case& c) {
  if (c.accumulator) return unit_roundoff(*c.accumulator);
  return unit_roundoff(compute_type(c) == DataType::F64 ? DataType::F64 : DataType::F32);
}

bool is_one_convolution(const Case& c) {
  return c.function == Function::Conv || c.function == Function::ConvTranspose ||
         c.function == Function::CausalConv1d;
}

Operands operands_by_role(const Case& c, const NamedTensors& operands, const Tensor& result) {
  const bool transposed = c.function == Function::ConvTranspose;
  const auto view = [&](const char* name) -> TensorView {
    const auto found = operands.find(name);
    return found == operands.end() ? result.view() : found->second.view();
  };
  return {view(transposed ? "dy" : "x"), view("w"), view(transposed ? "x" : "dy")};
}

bool all_integers(const NamedTensors& operands) {
  for (const auto& entry : operands) {
    for (const double v : entry.second.values()) {
      if (!std::isfinite(v) || v != std::nearbyint(v)) return false;
    }
  }
  return true;
}

FixtureData fixture_data(const Case& c) {
  check_case(c);
  if (c.fill == kImported) {
    throw ConvError(ErrorKind::Syntax, "fill", c.fill, "data that can be made from the line");
  }
  const bool kernel =
      c.function == Function::BilinearKernel1D || c.function == Function::BilinearKernel2D;
  if (kernel) return {{}, kernel_unit(c) > 0};
  if (c.fill == "cancel") return {cancel(c), false};
  if (c.fill == "zeros" || (c.fill == "subnormal" && is_one_convolution(c))) {
    NamedTensors operands = c.fill == "zeros" ? zeros(c) : subnormal(c);
    const bool exact = is_one_convolution(c) || is_exact(c, operands);
    return {std::move(operands), exact};
  }
  return is_one_convolution(c) ? one_convolution(c) : several_convolutions(c);
}

}  // namespace convcheck
