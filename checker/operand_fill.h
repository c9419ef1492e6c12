// The values of one operand, element by element: the same on the host and on a device.
#pragma once

#include <cstdint>

#include "checker/random_bits.h"
#include "reference/data_type.h"
#include "reference/host_device.h"

namespace convcheck {

// 32 random bits of an element, for dense integers: one vector instruction computes several.
// The finaliser of MurmurHash3 (A. Appleby), over a key for every 2^32 elements.
CONVCHECK_HOST_DEVICE inline std::uint32_t key_of(std::uint64_t key, std::int64_t element) {
  return static_cast<std::uint32_t>(bits_of(key, element >> 32));
}
CONVCHECK_HOST_DEVICE inline std::uint32_t small_bits(std::uint32_t key, std::uint32_t element) {
  std::uint32_t bits = key + element * 0x9e3779b9;
  bits = (bits ^ (bits >> 16)) * 0x85ebca6b;
  bits = (bits ^ (bits >> 13)) * 0xc2b2ae35;
  return bits ^ (bits >> 16);
}

// Magnitude 1 .. range, range < 2^15, with a random sign.
CONVCHECK_HOST_DEVICE inline std::int32_t small_integer(std::uint32_t bits, std::uint32_t range) {
  const auto magnitude = static_cast<std::int32_t>(1 + ((bits >> 17) * range >> 15));
  const auto sign = -static_cast<std::int32_t>(bits & 1);
  return (magnitude ^ sign) - sign;
}

// The values of one operand.
struct OperandFill {
  enum class Kind {
    Integer,  // magnitude 1 .. range with a random sign, or, with probability 1 - density, 0
    Odd,      // an odd integer of `bits` bits with a random sign
    Real,     // uniform in (-1, 1), rounded to `type`
    OneHot,   // `hot_value` at element `hot`, else 0
  };

  Kind kind = Kind::Integer;
  std::uint64_t key = 0;
  std::int64_t range = 1;
  double density = 1;
  int bits = 1;
  DataType type = DataType::F64;  // in which Kind::Real is representable
  std::int64_t hot = -1;          // -1: none. Any kind may have one; the value replaces its own
  double hot_value = 0;

  // The element with that row-major number.
  double at(std::int64_t element) const;
  // The same, with reals not yet rounded to `type`.
  CONVCHECK_HOST_DEVICE double unrounded(std::int64_t element) const;
  // No element but a hot one is larger in magnitude.
  double largest() const;

 private:
  CONVCHECK_HOST_DEVICE double thin_integer(std::uint64_t random) const {
    constexpr std::uint64_t kLow = (std::uint64_t{1} << 31) - 1;
    if (static_cast<double>(random & kLow) >= density * 0x1p31) return 0;
    const auto magnitude =
        static_cast<double>(1 + ((random >> 32) * static_cast<std::uint64_t>(range) >> 32));
    return (random >> 31) & 1 ? -magnitude : magnitude;
  }
  CONVCHECK_HOST_DEVICE double odd_integer(std::uint64_t random) const {
    const std::uint64_t magnitude = (random & ((std::uint64_t{1} << (bits - 1)) - 1)) * 2 + 1;
    return random >> 63 ? -static_cast<double>(magnitude) : static_cast<double>(magnitude);
  }
};

CONVCHECK_HOST_DEVICE inline double OperandFill::unrounded(std::int64_t element) const {
  if (element == hot) return hot_value;
  switch (kind) {
    case Kind::OneHot:
      return 0;
    case Kind::Odd:
      return odd_integer(bits_of(key, element));
    case Kind::Real:
      return static_cast<double>(bits_of(key, element) >> 11) * 0x1p-52 - 1;
    case Kind::Integer:
      break;
  }
  if (density < 1) return thin_integer(bits_of(key, element));
  return small_integer(small_bits(key_of(key, element), static_cast<std::uint32_t>(element)),
                       static_cast<std::uint32_t>(range));
}

}  // namespace convcheck
