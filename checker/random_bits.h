// Random bits that are a function of a key and a number.
#pragma once

#include <cstdint>

#include "reference/host_device.h"

namespace convcheck {

inline constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15;

// The output function of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014.
CONVCHECK_HOST_DEVICE inline std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

// 64 random bits of an element.
CONVCHECK_HOST_DEVICE inline std::uint64_t bits_of(std::uint64_t key, std::int64_t element) {
  return mixed(key + static_cast<std::uint64_t>(element) * kGolden);
}

}  // namespace convcheck
