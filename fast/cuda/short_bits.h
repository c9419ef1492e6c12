// Elements of the short formats, f16 and bf16, as bits: which of the two is known when a kernel
// runs, so that it is compiled once for both.
#pragma once

#include <cstdint>

namespace convcheck::gpu {

using ShortBits = std::uint16_t;

// Read and written at once.
struct alignas(4) Pair {
  ShortBits of[2];
};
struct alignas(16) Eight {
  ShortBits of[8];
};

}  // namespace convcheck::gpu
