#include "checker/fill.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "checker/random_bits.h"

namespace convcheck {
namespace {

// A dense integer takes 16 bits: four elements share 64. Magnitude 1 .. range, range < 2^15.
double small_integer(std::uint64_t bits16, std::int64_t range) {
  const auto magnitude =
      static_cast<std::int64_t>(1 + ((bits16 & 0x7fff) * static_cast<std::uint64_t>(range) >> 15));
  return static_cast<double>(bits16 & 0x8000 ? -magnitude : magnitude);
}

double thin_integer(std::uint64_t bits, std::int64_t range, double density) {
  constexpr std::uint64_t kLow = (std::uint64_t{1} << 31) - 1;
  if (static_cast<double>(bits & kLow) >= density * 0x1p31) return 0;
  const auto magnitude =
      static_cast<double>(1 + ((bits >> 32) * static_cast<std::uint64_t>(range) >> 32));
  return (bits >> 31) & 1 ? -magnitude : magnitude;
}

double odd_integer(std::uint64_t bits, int width) {
  const std::uint64_t magnitude = (bits & ((std::uint64_t{1} << (width - 1)) - 1)) * 2 + 1;
  return bits >> 63 ? -static_cast<double>(magnitude) : static_cast<double>(magnitude);
}

double real_number(std::uint64_t bits, DataType type) {
  const double unit = static_cast<double>(bits >> 11) * 0x1p-53;
  return rounded(type, 2 * unit - 1);
}

// The numbers of a contiguous view of T, without an index per element.
template <class T>
void write_contiguous(const OperandFill& values, T* to, std::int64_t count) {
  std::int64_t i = 0;
  if (values.kind == OperandFill::Kind::Integer && !(values.density < 1)) {
    for (; i + 4 <= count; i += 4) {
      const std::uint64_t bits = bits_of(values.key, i / 4);
      for (int part = 0; part < 4; ++part) {
        to[i + part] = static_cast<T>(small_integer(bits >> (16 * part), values.range));
      }
    }
    if (values.hot >= 0 && values.hot < i) to[values.hot] = static_cast<T>(values.hot_value);
  }
  for (; i < count; ++i) to[i] = static_cast<T>(values.at(i));
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

const char* to_string(Fill fill) {
  switch (fill) {
    case Fill::Narrow:
      return "narrow";
    case Fill::Wide:
      return "wide";
    case Fill::Real:
      return "real";
    case Fill::Impulse:
      return "impulse";
    case Fill::Special:
      return "special";
  }
  return "unknown";
}

Fill parse_fill(std::string_view text) {
  if (text.empty()) return Fill::Narrow;
  for (const Fill fill : kAllFills) {
    if (text == to_string(fill)) return fill;
  }
  throw ConvError(ErrorKind::Syntax, "fill", "'" + std::string(text) + "'",
                  "narrow, wide, real, impulse or special");
}

double OperandFill::at(std::int64_t element) const {
  if (element == hot) return hot_value;
  switch (kind) {
    case Kind::OneHot:
      return 0;
    case Kind::Odd:
      return odd_integer(bits_of(key, element), bits);
    case Kind::Real:
      return real_number(bits_of(key, element), type);
    case Kind::Integer:
      break;
  }
  if (density < 1) return thin_integer(bits_of(key, element), range, density);
  return small_integer(bits_of(key, element / 4) >> (16 * (element % 4)), range);
}

double OperandFill::largest() const {
  switch (kind) {
    case Kind::OneHot:
      return std::abs(hot_value);
    case Kind::Odd:
      return std::ldexp(1.0, bits) - 1;
    case Kind::Real:
      return 1;
    case Kind::Integer:
      break;
  }
  return static_cast<double>(range);
}

void write(const OperandFill& values, const TensorView& view) {
  if (view.contiguous() && view.type == DataType::F32) {
    write_contiguous(values, view.as<float>(), view.size());
  } else if (view.contiguous() && view.type == DataType::F64) {
    write_contiguous(values, view.as<double>(), view.size());
  } else {
    for_each_element(view, [&](std::int64_t element) { return values.at(element); });
  }
}

void write_inputs(const Data& data, Direction direction, const Operands& operands) {
  if (direction != Direction::GradInputs) write(data.x, operands.x);
  if (direction != Direction::GradWeights) write(data.w, operands.w);
  if (direction != Direction::Forward) write(data.y, operands.y);
}

void write_nan(const TensorView& view) {
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
