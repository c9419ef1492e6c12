// The micro-kernel of the gradient of the weights: products of some rows with some other rows, all
// of one length. Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_DOT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_DOT_INL_H
#undef CONVCHECK_DIRECT_DOT_INL_H
#else
#define CONVCHECK_DIRECT_DOT_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// c[n, m] += sum over i < length of a[m, i] * b[offsets[n] + i]. Rows of `a` and of `c` are so many
// elements apart; those of `b` are finite up to the next whole vector, those of `a` are not read
// beyond their length.
template <class T>
struct DotCall {
  std::int64_t length = 0;
  const T* a = nullptr;
  std::int64_t a_stride = 0;
  const T* b = nullptr;
  const std::int64_t* offsets = nullptr;
  T* c = nullptr;
  std::int64_t c_stride = 0;
};

// 24 or 12 sums, a row's vector of each of `b` and one of `a` fill the registers.
inline constexpr int kDotRows = 4;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kDotColumns = 6;
#else
inline constexpr int kDotColumns = 3;
#endif

// c[m] += the sum of the lanes of sums[m], for as many m as there are.
template <int kRows, class T, class V>
void add_sums(const V* sums, T* c) {
  const hn::ScalableTag<T> d;
  for (int m = 0; m < kRows; ++m) c[m] += hn::GetLane(hn::SumOfLanes(d, sums[m]));
}

#if HWY_TARGET != HWY_SCALAR
// The sum of all blocks of 16 bytes.
template <class D, class V>
auto fold(D d, V value) {
  if constexpr (hn::MaxLanes(d) * sizeof(hn::TFromD<D>) > 16) {
    const hn::Half<D> half;
    return fold(half, hn::Add(hn::LowerHalf(half, value), hn::UpperHalf(half, value)));
  } else {
    return value;
  }
}

template <class D, class V>
void add_to(D d, V value, hn::TFromD<D>* c) {
  const hn::CappedTag<hn::TFromD<D>, 16 / sizeof(hn::TFromD<D>)> block;
  hn::StoreU(hn::Add(hn::LoadU(block, c), fold(d, value)), block, c);
}

// a and b side by side, each the sum of two lanes of a block.
template <class D, class V>
V add_pairs(D d, V a, V b) {
  return hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
}

// Four at once, side by side in every block, take a third of the instructions of one at a time.
template <class V>
void add_four_sums(const V* sums, double* c) {
  const hn::ScalableTag<double> d;
  add_to(d, add_pairs(d, sums[0], sums[1]), c);
  add_to(d, add_pairs(d, sums[2], sums[3]), c + 2);
}
template <class V>
void add_four_sums(const V* sums, float* c) {
  const hn::ScalableTag<float> d;
  const hn::ScalableTag<double> pairs;
  const auto low = hn::BitCast(pairs, add_pairs(d, sums[0], sums[1]));
  const auto high = hn::BitCast(pairs, add_pairs(d, sums[2], sums[3]));
  const auto even = hn::BitCast(d, hn::InterleaveLower(pairs, low, high));
  const auto odd = hn::BitCast(d, hn::InterleaveUpper(pairs, low, high));
  add_to(d, hn::Add(even, odd), c);
}
#endif

// `count` elements, and zeros. Not MaskedLoad() everywhere: without masks it reads a whole vector.
template <class T, class D>
hn::Vec<D> load_first(D d, std::int64_t count, const T* from) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
#else
  HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)] = {};
  for (std::int64_t i = 0; i < count; ++i) lanes[i] = from[i];
  return hn::Load(d, lanes);
#endif
}

template <int kRows, int kColumns, class T>
void dot_tile(const DotCall<T>& call) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sums[kColumns][kRows], column[kColumns];
  const T* b[kColumns];
  HWY_UNROLL(16)
  for (int n = 0; n < kColumns; ++n) {
    b[n] = call.b + call.offsets[n];
    HWY_UNROLL(8)
    for (int m = 0; m < kRows; ++m) sums[n][m] = hn::Zero(d);
  }
  const T* HWY_RESTRICT a = call.a;
  std::int64_t i = 0;
  for (; i + lanes <= call.length; i += lanes) {
    HWY_UNROLL(16)
    for (int n = 0; n < kColumns; ++n) column[n] = hn::LoadU(d, b[n] + i);
    HWY_UNROLL(8)
    for (int m = 0; m < kRows; ++m) {
      const auto row = hn::LoadU(d, a + m * call.a_stride + i);
      HWY_UNROLL(16)
      for (int n = 0; n < kColumns; ++n) sums[n][m] = hn::MulAdd(row, column[n], sums[n][m]);
    }
  }
  if (i < call.length) {
    HWY_UNROLL(16)
    for (int n = 0; n < kColumns; ++n) column[n] = hn::LoadU(d, b[n] + i);
    HWY_UNROLL(8)
    for (int m = 0; m < kRows; ++m) {
      const auto row = load_first<T>(d, call.length - i, a + m * call.a_stride + i);
      HWY_UNROLL(16)
      for (int n = 0; n < kColumns; ++n) sums[n][m] = hn::MulAdd(row, column[n], sums[n][m]);
    }
  }
  HWY_UNROLL(16)
  for (int n = 0; n < kColumns; ++n) {
#if HWY_TARGET != HWY_SCALAR
    if constexpr (kRows == 4) {
      add_four_sums(sums[n], call.c + n * call.c_stride);
      continue;
    }
#endif
    add_sums<kRows>(sums[n], call.c + n * call.c_stride);
  }
}

template <class T>
using DotFunction = void (*)(const DotCall<T>&);

template <class T, int kRows, int... kColumns>
DotFunction<T> dot_of_width(std::int64_t columns, std::integer_sequence<int, kColumns...>) {
  static constexpr DotFunction<T> functions[] = {&dot_tile<kRows, kColumns + 1, T>...};
  return functions[columns - 1];
}

// Of a tile with so many rows: fewer rows take more columns, so that there are enough independent
// sums for the multipliers' latency.
constexpr int most_columns(int rows) { return std::min(kDotRows / rows * kDotColumns, 12); }

template <class T>
DotFunction<T> dot_function(std::int64_t rows, std::int64_t columns) {
  switch (rows) {
    case 1:
      return dot_of_width<T, 1>(columns, std::make_integer_sequence<int, most_columns(1)>());
    case 2:
      return dot_of_width<T, 2>(columns, std::make_integer_sequence<int, most_columns(2)>());
    default:
      return dot_of_width<T, 4>(columns, std::make_integer_sequence<int, most_columns(4)>());
  }
}

// All rows of `a` with all rows of `b`.
template <class T>
void multiply_rows(const DotCall<T>& call, std::int64_t rows, std::int64_t columns) {
  std::int64_t first = 0;
  for (int height = kDotRows; height > 0; height /= 2) {
    const std::int64_t end = first + (rows - first) / height * height;
    if (first == end) continue;
    for (std::int64_t n = 0; n < columns; n += most_columns(height)) {
      const std::int64_t width = std::min<std::int64_t>(most_columns(height), columns - n);
      const DotFunction<T> function = dot_function<T>(height, width);
      for (std::int64_t m = first; m < end; m += height) {
        function({call.length, call.a + m * call.a_stride, call.a_stride, call.b, call.offsets + n,
                  call.c + n * call.c_stride + m, call.c_stride});
      }
    }
    first = end;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
