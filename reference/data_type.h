// The four number formats, and conversion to and from them written from their definitions.
//
// Every value of every format is a double, so a double is the common currency. Storing rounds to nearest, ties to
// even, once; overflow gives infinity, a NaN stays a (quiet) NaN of the same sign. Source: IEEE 754-2008 binary16/32/64;
// bfloat16 is binary32 with the significand cut to 8 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace convcheck {

enum class DataType { F64, F32, F16, BF16 };

inline constexpr DataType kAllDataTypes[] = {DataType::F64, DataType::F32, DataType::F16,
                                             DataType::BF16};

// "f64", "f32", "f16", "bf16".
const char* to_string(DataType type);

// The inverse of to_string. Throws ConvError{DataType} for anything else.
DataType parse_data_type(std::string_view text);

// Bytes per element.
std::size_t size_of(DataType type);

// Bits of the significand, the hidden one included: 53, 24, 11, 8. Integers up to 2^significand_bits are exact.
int significand_bits(DataType type);

// The unit roundoff 2^-significand_bits.
double unit_roundoff(DataType type);

std::uint16_t f16_bits(double value);
std::uint16_t bf16_bits(double value);
double f16_value(std::uint16_t bits);
double bf16_value(std::uint16_t bits);

// Element access; `address` need not be aligned. Loading is inline because the oracle does it twice a product.
inline double load(DataType type, const void* address) {
  const auto read = [address](auto value) {
    std::memcpy(&value, address, sizeof value);
    return value;
  };
  switch (type) {
    case DataType::F64: return read(double());
    case DataType::F32: return read(float());
    case DataType::F16: return f16_value(read(std::uint16_t()));
    default: return bf16_value(read(std::uint16_t()));
  }
}
void store(DataType type, void* address, double value);

// `value` rounded to `type` and back.
double rounded(DataType type, double value);

}  // namespace convcheck
