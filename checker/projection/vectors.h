// Vectors of numbers for the kernels, with the extensions that GCC and clang share. Internal to
// kernels.cpp: everything is inlined into functions of one instruction set each.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define CONVCHECK_ALWAYS_INLINE inline __attribute__((always_inline))

namespace convcheck::projection {

template <class S, int lanes>
struct VectorOf {
  using type __attribute__((vector_size(sizeof(S) * lanes))) = S;
};
template <class S, int lanes>
using Vector = typename VectorOf<S, lanes>::type;

// One vector a copy: the compiler copies an array of them by way of memory in halves, and then
// waits.
template <class V, class T>
CONVCHECK_ALWAYS_INLINE void load(V& vector, const T* from) {
  std::memcpy(&vector, from, sizeof vector);
}
template <class V, class T>
CONVCHECK_ALWAYS_INLINE void store(const V& vector, T* to) {
  std::memcpy(to, &vector, sizeof vector);
}

// Adding this to an integer of at most 2^51 leaves it in the low bits of the sum, in two's
// complement: a conversion to integers that every instruction set has.
constexpr double kShift = 0x1.8p52, kShiftLimit = 0x1p51;

template <int lanes>
CONVCHECK_ALWAYS_INLINE void load_reals(Vector<double, lanes>& to, const double* from) {
  load(to, from);
}

// GCC 12 makes four instructions and a concatenation of a conversion that is one.
template <int lanes>
CONVCHECK_ALWAYS_INLINE void load_reals(Vector<double, lanes>& to, const float* from) {
  Vector<float, lanes> source;
  load(source, from);
#if defined(__x86_64__) && !defined(__clang__)
  if constexpr (lanes > 2) {
    asm("vcvtps2pd %1, %0" : "=v"(to) : "v"(source));
    return;
  }
#endif
  to = __builtin_convertvector(source, Vector<double, lanes>);
}

// One number at a time. The tests are comparisons that a NaN fails.
template <class T>
CONVCHECK_ALWAYS_INLINE T converted(double value, double limit, bool& good) {
  if constexpr (std::is_same_v<T, double>) {
    return value;
  } else {
    const bool fits = std::abs(value) <= limit;
    const auto integer = static_cast<std::int64_t>(fits ? value : 0);
    good &= fits && static_cast<double>(integer) == value;
    return static_cast<T>(integer);
  }
}

// Vectors of converted numbers, and what is wrong with any of them: no comparisons, because they
// are slow on vectors of 64 bits below AVX-512.
template <class T, class S, int lanes>
struct Reader {
  using Reals = Vector<double, lanes>;
  using Bits = Vector<std::int64_t, lanes>;

  Reals shift = Reals{} + kShift;
  Bits limit, fraction = {}, excess = {};

  CONVCHECK_ALWAYS_INLINE explicit Reader(double largest) : limit((Bits)(Reals{} + largest)) {}

  CONVCHECK_ALWAYS_INLINE void read(const S* from, Vector<T, lanes>& to) {
    Reals value;
    load_reals<lanes>(value, from);
    if constexpr (std::is_same_v<T, double>) {
      to = value;
    } else {
      const Reals shifted = value + shift;
      to = (Vector<T, lanes>)((Bits)shifted - (Bits)shift);
      fraction |= (Bits)((shifted - shift) - value);  // +0 for an integer; a NaN too has bits
      excess |= limit - ((Bits)value & INT64_MAX);    // as integers doubles are in order
    }
  }

  CONVCHECK_ALWAYS_INLINE bool good() const {
    bool all = true;
    for (int lane = 0; lane < lanes; ++lane) all &= fraction[lane] == 0 && excess[lane] >= 0;
    return all;
  }
};

}  // namespace convcheck::projection
