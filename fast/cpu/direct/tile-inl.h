// The micro-kernel of the forward map: a tile of `filters x positions` sums, held in registers.
// Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_TILE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_TILE_INL_H
#undef CONVCHECK_DIRECT_TILE_INL_H
#else
#define CONVCHECK_DIRECT_TILE_INL_H
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <array>
#include <cstdint>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// c[m, v] = or += sum over r of a[r, m] * b[offsets[r] + v]: `filters` numbers of `a` stand side by
// side, or where the caller has them, a[m * a_stride + a_offsets[r]]; positions are whole vectors
// of `b`. For many rows a line may be fetched that others need later, the first at `ahead`.
template <class T>
struct TileCall {
  std::int64_t rows = 0;
  const T* a = nullptr;
  const T* b = nullptr;
  const std::int64_t* offsets = nullptr;
  T* c = nullptr;
  std::int64_t c_stride = 0;
  bool add = false;
  const T* from = nullptr;  // what is added to, if not c itself, and how far its rows are apart
  std::int64_t from_stride = 0;
  const T* ahead = nullptr;
  std::int64_t ahead_step = 0, ahead_rows = 0;  // so many rows do fetch
  const std::int64_t* a_offsets = nullptr;
  std::int64_t a_stride = 0;
};

// Tiles of 24 vectors where there are 32 registers, else of 12: the rest holds a row of `b`. Few
// filters have longer rows, so that there are enough independent sums for the multipliers' latency.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kMostFilters = 8, kFewFilters = 4, kVectors = 3, kVectorsOfFew = 6;
#else
inline constexpr int kMostFilters = 4, kFewFilters = 2, kVectors = 3, kVectorsOfFew = 4;
#endif

// Numbers of `a`, which come from the second cache, that are brought near ahead of their turn.
inline constexpr int kAhead = 128;

enum class Filters { Packed, PackedFetching, InPlace };

template <int kFilters, int kWidth, Filters kKind, class T>
void multiply_tile(const TileCall<T>& call) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<decltype(d)> sums[kFilters][kWidth], row[kWidth];
  HWY_UNROLL(8)
  for (int m = 0; m < kFilters; ++m) {
    HWY_UNROLL(8)
    for (int v = 0; v < kWidth; ++v) sums[m][v] = hn::Zero(d);
  }
  // Where the sums go is often far from the caches, and is written only at the end.
  HWY_UNROLL(8)
  for (int m = 0; m < kFilters; ++m) {
    hwy::Prefetch(call.c + m * call.c_stride);
    hwy::Prefetch(call.c + m * call.c_stride + kWidth * lanes - 1);
  }
  const T* HWY_RESTRICT a = call.a;
  [[maybe_unused]] const T* ahead = call.ahead;
  [[maybe_unused]] const T* filters[kFilters];
  if constexpr (kKind == Filters::InPlace) {
    for (int m = 0; m < kFilters; ++m) filters[m] = call.a + m * call.a_stride;
  }
  for (std::int64_t r = 0; r < call.rows; ++r) {
    const T* HWY_RESTRICT b = call.b + call.offsets[r];
    if constexpr (kKind != Filters::Packed) {
      __builtin_prefetch(ahead, 0, 2);  // into the second cache
      if (r + 1 < call.ahead_rows) ahead += call.ahead_step;
    }
    if constexpr (kKind != Filters::InPlace) hwy::Prefetch(a + kAhead);
    HWY_UNROLL(8)
    for (int v = 0; v < kWidth; ++v) row[v] = hn::LoadU(d, b + v * lanes);
    const std::int64_t at = kKind == Filters::InPlace ? call.a_offsets[r] : 0;
    HWY_UNROLL(8)
    for (int m = 0; m < kFilters; ++m) {
      const auto filter = hn::Set(d, kKind == Filters::InPlace ? filters[m][at] : a[m]);
      HWY_UNROLL(8)
      for (int v = 0; v < kWidth; ++v) sums[m][v] = hn::MulAdd(filter, row[v], sums[m][v]);
    }
    a += kFilters;
  }
  if (call.add) {
    const T* from = call.from == nullptr ? call.c : call.from;
    const std::int64_t stride = call.from == nullptr ? call.c_stride : call.from_stride;
    HWY_UNROLL(8)
    for (int m = 0; m < kFilters; ++m) {
      HWY_UNROLL(8)
      for (int v = 0; v < kWidth; ++v) {
        sums[m][v] = hn::Add(sums[m][v], hn::LoadU(d, from + m * stride + v * lanes));
      }
    }
  }
  HWY_UNROLL(8)
  for (int m = 0; m < kFilters; ++m) {
    HWY_UNROLL(8)
    for (int v = 0; v < kWidth; ++v) {
      hn::StoreU(sums[m][v], d, call.c + m * call.c_stride + v * lanes);
    }
  }
}

template <class T>
using TileFunction = void (*)(const TileCall<T>&);

// For widths 1, 2 ... in vectors.
template <class T, int kFilters, Filters kKind, int... kWidths>
TileFunction<T> tile_of_width(int width, std::integer_sequence<int, kWidths...>) {
  static constexpr TileFunction<T> functions[] = {
      &multiply_tile<kFilters, kWidths + 1, kKind, T>...};
  return functions[width - 1];
}

// `filters` is a power of two.
template <class T, Filters kKind = Filters::Packed>
TileFunction<T> tile_function(int filters, int width) {
  constexpr std::make_integer_sequence<int, kVectors> all;
  constexpr std::make_integer_sequence<int, kVectorsOfFew> few;
  switch (filters) {
    case 1:
      return tile_of_width<T, 1, kKind>(width, few);
    case 2:
      return tile_of_width<T, 2, kKind>(width, few);
    case kMostFilters:
      return tile_of_width<T, kMostFilters, kKind>(width, all);
    default:
      return tile_of_width<T, 4, kKind>(width, few);
  }
}

// The largest tile, with call.ahead: others do not fetch.
constexpr bool can_fetch(std::int64_t filters, int width) {
  return filters == kMostFilters && width == kVectors;
}
template <class T>
void multiply_and_fetch(const TileCall<T>& call) {
  multiply_tile<kMostFilters, kVectors, Filters::PackedFetching>(call);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
