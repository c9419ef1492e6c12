// Drawing numbers: a sequence that is a function of a seed.
#pragma once

#include <cstdint>
#include <vector>

#include "checker/random_bits.h"

namespace convcheck {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : key_(mixed(seed)) {}

  // One of first .. last, both included; last - first below 2^32.
  std::int64_t from(std::int64_t first, std::int64_t last) {
    const std::uint64_t bits = bits_of(key_, number_++) >> 32;
    return first +
           static_cast<std::int64_t>(bits * static_cast<std::uint64_t>(last - first + 1) >> 32);
  }
  bool coin() { return from(0, 1) == 1; }
  bool one_in(std::int64_t times) { return from(1, times) == 1; }

  template <class T>
  const T& of(const std::vector<T>& all) {
    return all[static_cast<std::size_t>(from(0, static_cast<std::int64_t>(all.size()) - 1))];
  }

 private:
  std::uint64_t key_;
  std::int64_t number_ = 0;
};

}  // namespace convcheck
