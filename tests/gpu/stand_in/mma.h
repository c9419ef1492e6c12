// Matrix units on the host, by the names of CUDA's mma.h: a lane of a warp has a row of A, eight
// columns of B and their sums, and needs nothing of the others. Sums are of f32, in the order of k.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <bit>
#include <cstdint>
#include <type_traits>

#include "tests/gpu/stand_in/kernels.h"

namespace nvcuda::wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
struct col_major {};
namespace precision {
struct tf32 {};
}  // namespace precision
enum layout_t { mem_row_major, mem_col_major };

// Rounds to nearest, ties away from zero.
inline float __float_to_tf32(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7f800000u) == 0x7f800000u) return value;
  return std::bit_cast<float>((bits + 0x1000u) & ~0x1fffu);
}

inline constexpr int kColumns = 8;  // of a lane

inline int own_row() { return static_cast<int>(threadIdx.x % 32 / 2); }
inline int own_column() { return static_cast<int>(threadIdx.x % 2) * kColumns; }

inline float number(half value) { return __half2float(value); }
inline float number(__nv_bfloat16 value) { return __bfloat162float(value); }
// The units do not see the last bits of an f32.
inline float number(float value) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & ~0x1fffu);
}

template <class Use, int kM, int kN, int kK, class Element, class Layout = void>
struct fragment {
  static constexpr int kDepth = kK;
  using layout = Layout;
  float of[std::is_same_v<Use, accumulator> ? kColumns
           : std::is_same_v<Use, matrix_a>  ? kK
                                            : kK * kColumns];
};

template <class Stored>
void check_place(const Stored* from, unsigned line) {
  if (reinterpret_cast<std::uintptr_t>(from) % 32 != 0) {
    convcheck::stand_in::die("a matrix is not at a multiple of 32 bytes");
  }
  if (line * sizeof(Stored) % 16 != 0) {
    convcheck::stand_in::die("lines of a matrix are not of a multiple of 16 bytes");
  }
}

template <int kM, int kN, int kK>
void fill_fragment(fragment<accumulator, kM, kN, kK, float>& to, float value) {
  for (float& one : to.of) one = value;
}

template <int kM, int kN, int kK, class Element, class Layout, class Stored>
void load_matrix_sync(fragment<matrix_a, kM, kN, kK, Element, Layout>& to, const Stored* from,
                      unsigned line) {
  check_place(from, line);
  constexpr bool by_row = std::is_same_v<Layout, row_major>;
  for (int k = 0; k < kK; ++k) {
    to.of[k] = number(from[by_row ? own_row() * line + k : k * line + own_row()]);
  }
}

template <int kM, int kN, int kK, class Element, class Layout, class Stored>
void load_matrix_sync(fragment<matrix_b, kM, kN, kK, Element, Layout>& to, const Stored* from,
                      unsigned line) {
  check_place(from, line);
  constexpr bool by_row = std::is_same_v<Layout, row_major>;
  for (int k = 0; k < kK; ++k) {
    for (int i = 0; i < kColumns; ++i) {
      const int column = own_column() + i;
      to.of[k * kColumns + i] = number(from[by_row ? k * line + column : column * line + k]);
    }
  }
}

template <int kM, int kN, int kK, class Element, class LayoutA, class LayoutB>
void mma_sync(fragment<accumulator, kM, kN, kK, float>& to,
              const fragment<matrix_a, kM, kN, kK, Element, LayoutA>& a,
              const fragment<matrix_b, kM, kN, kK, Element, LayoutB>& b,
              const fragment<accumulator, kM, kN, kK, float>& from) {
  to = from;
  for (int k = 0; k < kK; ++k) {
    for (int i = 0; i < kColumns; ++i) to.of[i] += a.of[k] * b.of[k * kColumns + i];
  }
}

template <int kM, int kN, int kK>
void store_matrix_sync(float* to, const fragment<accumulator, kM, kN, kK, float>& from,
                       unsigned line, layout_t layout) {
  check_place(to, line);
  for (int i = 0; i < kColumns; ++i) {
    const int row = own_row(), column = own_column() + i;
    to[layout == mem_row_major ? row * line + column : column * line + row] = from.of[i];
  }
}

}  // namespace nvcuda::wmma
