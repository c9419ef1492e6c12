#include "reference/data_type.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "reference/error.h"

namespace convcheck {
namespace {

// A binary format of 16 bits: sign, exponent, fraction.
struct Format16 {
  int exponent_bits;
  int fraction_bits;

  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  int smallest_exponent() const { return 1 - bias(); }
  std::uint32_t infinity() const { return ((1u << exponent_bits) - 1) << fraction_bits; }
};

constexpr Format16 kF16{5, 10};
constexpr Format16 kBf16{8, 7};

// Everything is scaled so that one unit in the last place is 1; then nearbyint rounds to nearest
// even, and a carry into the next binade or into infinity falls out of plain integer addition of
// exponent and fraction.
std::uint16_t encode(const Format16& format, double value) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  if (std::isnan(value)) return sign | format.infinity() | (1u << (format.fraction_bits - 1));
  const double magnitude = std::abs(value);
  if (std::isinf(magnitude)) return sign | format.infinity();
  if (magnitude == 0) return sign;
  const int exponent = std::max(std::ilogb(magnitude), format.smallest_exponent());
  if (exponent > format.bias()) return sign | format.infinity();
  const auto units = static_cast<std::uint32_t>(
      std::nearbyint(std::ldexp(magnitude, format.fraction_bits - exponent)));
  const std::uint32_t below = exponent - format.smallest_exponent();
  return sign | static_cast<std::uint16_t>((below << format.fraction_bits) + units);
}

double decode(const Format16& format, std::uint16_t bits) {
  const double sign = (bits & 0x8000) ? -1.0 : 1.0;
  const std::uint16_t rest = bits & 0x7fff;
  const int biased = rest >> format.fraction_bits;
  const int fraction = rest & ((1 << format.fraction_bits) - 1);
  if (rest > format.infinity())
    return std::copysign(std::numeric_limits<double>::quiet_NaN(), sign);
  if (rest == format.infinity()) return sign * std::numeric_limits<double>::infinity();
  const int hidden = biased == 0 ? 0 : 1 << format.fraction_bits;
  const int exponent = std::max(biased, 1) - format.bias() - format.fraction_bits;
  return sign * std::ldexp(hidden + fraction, exponent);
}

template <class T>
void write(void* address, T value) {
  std::memcpy(address, &value, sizeof value);
}

}  // namespace

const char* to_string(DataType type) {
  switch (type) {
    case DataType::F64:
      return "f64";
    case DataType::F32:
      return "f32";
    case DataType::F16:
      return "f16";
    case DataType::BF16:
      return "bf16";
  }
  return "unknown";
}

DataType parse_data_type(std::string_view text) {
  for (const DataType type : kAllDataTypes) {
    if (text == to_string(type)) return type;
  }
  throw ConvError(ErrorKind::DataType, "data type", std::string(text), "f64, f32, f16 or bf16");
}

std::size_t size_of(DataType type) {
  switch (type) {
    case DataType::F64:
      return 8;
    case DataType::F32:
      return 4;
    default:
      return 2;
  }
}

int significand_bits(DataType type) {
  switch (type) {
    case DataType::F64:
      return 53;
    case DataType::F32:
      return 24;
    case DataType::F16:
      return 11;
    default:
      return 8;
  }
}

double unit_roundoff(DataType type) { return std::ldexp(1.0, -significand_bits(type)); }

std::uint16_t f16_bits(double value) { return encode(kF16, value); }
std::uint16_t bf16_bits(double value) { return encode(kBf16, value); }
double f16_value(std::uint16_t bits) { return decode(kF16, bits); }
double bf16_value(std::uint16_t bits) { return decode(kBf16, bits); }

void store(DataType type, void* address, double value) {
  switch (type) {
    case DataType::F64:
      return write(address, value);
    case DataType::F32:
      return write(address, static_cast<float>(value));
    case DataType::F16:
      return write(address, f16_bits(value));
    default:
      return write(address, bf16_bits(value));
  }
}

double rounded(DataType type, double value) {
  double storage = 0;
  store(type, &storage, value);
  return load(type, &storage);
}

}  // namespace convcheck
