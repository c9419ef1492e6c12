// What operands are made of, and the type in which their products are added up.
//
// The short formats are widened exactly, and narrowed by rounding to nearest, ties to even, once;
// overflow gives infinity, a NaN stays a quiet NaN.
#pragma once

#include <bit>
#include <cstdint>

namespace convcheck::cpu::direct {

struct F16 {
  std::uint16_t bits = 0;
};
struct Bf16 {
  std::uint16_t bits = 0;
};

inline float widen(float value) { return value; }
inline double widen(double value) { return value; }
inline float widen(Bf16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}
inline float widen(F16 value) {
  // The fraction and exponent where a float has them; the product sets the bias right and is exact
  // for subnormal numbers, too.
  const std::uint32_t magnitude = (value.bits & 0x7fffu) << 13;
  std::uint32_t bits = std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) * 0x1p112f);
  if (magnitude >= 0x7c00u << 13) bits = magnitude | 0x7f800000u;
  return std::bit_cast<float>(bits | (value.bits & 0x8000u) << 16);
}

template <class E>
using Accumulator = decltype(widen(E()));

template <class E>
E narrow(Accumulator<E> value);

template <>
inline float narrow<float>(float value) {
  return value;
}
template <>
inline double narrow<double>(double value) {
  return value;
}
template <>
inline Bf16 narrow<Bf16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    return {static_cast<std::uint16_t>((bits >> 16 & 0x8000u) | 0x7fc0u)};
  }
  return {static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}
template <>
inline F16 narrow<F16>(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  const auto with_sign = [sign](std::uint32_t rest) {
    return F16{static_cast<std::uint16_t>(sign | rest)};
  };
  if (magnitude > 0x7f800000u) return with_sign(0x7e00u);
  if (magnitude >= 0x477ff000u) return with_sign(0x7c00u);  // 65520 rounds to infinity
  if (magnitude < 0x38800000u) {  // below 2^-14: one half has the last place of a subnormal number
    const std::uint32_t half = 0x3f000000u;
    const float sum = std::bit_cast<float>(magnitude) + std::bit_cast<float>(half);
    return with_sign(std::bit_cast<std::uint32_t>(sum) - half);
  }
  const std::uint32_t bias = 112u << 23;
  return with_sign((magnitude - bias + 0xfffu + (magnitude >> 13 & 1u)) >> 13);
}

}  // namespace convcheck::cpu::direct
