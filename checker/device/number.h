// Numbers of the four formats as a device reads and writes them: the definitions of
// reference/data_type.h in arithmetic of their own, for memory that is aligned to its elements.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "reference/data_type.h"
#include "reference/host_device.h"

namespace convcheck::device {

// A binary format of 16 bits.
struct Short {
  int fraction_bits, bias;
};

CONVCHECK_HOST_DEVICE inline Short short_format(DataType type) {
  return type == DataType::F16 ? Short{10, 15} : Short{7, 127};
}

// 2^exponent, of a normal f64.
CONVCHECK_HOST_DEVICE inline double power_of_two(int exponent) {
  const std::uint64_t bits = static_cast<std::uint64_t>(exponent + 1023) << 52;
  double value = 0;
  memcpy(&value, &bits, sizeof value);
  return value;
}

CONVCHECK_HOST_DEVICE inline double with_bits(std::uint64_t bits) {
  double value = 0;
  memcpy(&value, &bits, sizeof value);
  return value;
}

CONVCHECK_HOST_DEVICE inline double short_number(const Short& format, std::uint16_t bits) {
  const std::uint64_t sign = static_cast<std::uint64_t>(bits >> 15) << 63;
  const int exponent = (bits & 0x7fff) >> format.fraction_bits;
  const int fraction = bits & ((1 << format.fraction_bits) - 1);
  const int smallest = 1 - format.bias - format.fraction_bits;
  double magnitude = fraction * power_of_two(smallest);
  if (exponent > 2 * format.bias) {
    magnitude = with_bits(fraction == 0 ? 0x7ff0000000000000 : 0x7ff8000000000000);
  } else if (exponent > 0) {
    magnitude = ((1 << format.fraction_bits) + fraction) * power_of_two(smallest + exponent - 1);
  }
  return sign == 0 ? magnitude : -magnitude;
}

// To nearest, ties to even, once.
CONVCHECK_HOST_DEVICE inline std::uint16_t short_bits(const Short& format, double value) {
  std::uint64_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  const auto sign = static_cast<std::uint16_t>(bits >> 63 << 15);
  const int infinity = (2 * format.bias + 1) << format.fraction_bits;
  bits &= 0x7fffffffffffffff;
  if (bits > 0x7ff0000000000000) {  // NaN, made quiet
    return static_cast<std::uint16_t>(sign | infinity | 1 << (format.fraction_bits - 1));
  }
  const int smallest = 1 - format.bias, own = static_cast<int>(bits >> 52) - 1023;
  const int exponent = own < smallest ? smallest : own;
  if (exponent > format.bias) return static_cast<std::uint16_t>(sign | infinity);
  // In units of the last place; a carry into the next exponent is plain addition.
  const double units = rint(with_bits(bits) * power_of_two(format.fraction_bits - exponent));
  const int rounded = ((exponent - smallest) << format.fraction_bits) + static_cast<int>(units);
  return static_cast<std::uint16_t>(sign | rounded);
}

CONVCHECK_HOST_DEVICE inline double number_at(DataType type, const void* data,
                                              std::int64_t element) {
  switch (type) {
    case DataType::F64:
      return static_cast<const double*>(data)[element];
    case DataType::F32:
      return static_cast<const float*>(data)[element];
    default:
      return short_number(short_format(type), static_cast<const std::uint16_t*>(data)[element]);
  }
}

CONVCHECK_HOST_DEVICE inline void set_number(DataType type, void* data, std::int64_t element,
                                             double value) {
  switch (type) {
    case DataType::F64:
      static_cast<double*>(data)[element] = value;
      return;
    case DataType::F32:
      static_cast<float*>(data)[element] = static_cast<float>(value);
      return;
    default:
      static_cast<std::uint16_t*>(data)[element] = short_bits(short_format(type), value);
  }
}

// `value` rounded to `type` and back.
CONVCHECK_HOST_DEVICE inline double rounded_to(DataType type, double value) {
  if (type == DataType::F64) return value;
  if (type == DataType::F32) return static_cast<float>(value);
  return short_number(short_format(type), short_bits(short_format(type), value));
}

}  // namespace convcheck::device
