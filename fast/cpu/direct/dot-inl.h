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

// c[m, n] += sum over i < length of a[m, i] * b[n, i]; `length` is a multiple of the lanes. Rows of
// `a` and `b` are `stride` elements apart.
template <class T>
struct DotCall {
  std::int64_t length = 0, stride = 0;
  const T* a = nullptr;
  const T* b = nullptr;
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

template <int kRows, int kColumns, class T>
void dot_tile(const DotCall<T>& call) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sums[kRows][kColumns], column[kColumns];
  HWY_UNROLL(8)
  for (int m = 0; m < kRows; ++m) {
    HWY_UNROLL(8)
    for (int n = 0; n < kColumns; ++n) sums[m][n] = hn::Zero(d);
  }
  const T* HWY_RESTRICT a = call.a;
  const T* HWY_RESTRICT b = call.b;
  for (std::int64_t i = 0; i < call.length; i += lanes) {
    HWY_UNROLL(8)
    for (int n = 0; n < kColumns; ++n) column[n] = hn::LoadU(d, b + n * call.stride + i);
    HWY_UNROLL(8)
    for (int m = 0; m < kRows; ++m) {
      const auto row = hn::LoadU(d, a + m * call.stride + i);
      HWY_UNROLL(8)
      for (int n = 0; n < kColumns; ++n) sums[m][n] = hn::MulAdd(row, column[n], sums[m][n]);
    }
  }
  HWY_UNROLL(8)
  for (int m = 0; m < kRows; ++m) {
    HWY_UNROLL(8)
    for (int n = 0; n < kColumns; ++n) {
      call.c[m * call.c_stride + n] += hn::GetLane(hn::SumOfLanes(d, sums[m][n]));
    }
  }
}

template <class T>
using DotFunction = void (*)(const DotCall<T>&);

template <class T, int kRows, int... kColumns>
DotFunction<T> dot_of_width(std::int64_t columns, std::integer_sequence<int, kColumns...>) {
  static constexpr DotFunction<T> functions[] = {&dot_tile<kRows, kColumns + 1, T>...};
  return functions[columns - 1];
}

template <class T>
DotFunction<T> dot_function(std::int64_t rows, std::int64_t columns) {
  constexpr std::make_integer_sequence<int, kDotColumns> all;
  switch (rows) {
    case 1:
      return dot_of_width<T, 1>(columns, all);
    case 2:
      return dot_of_width<T, 2>(columns, all);
    default:
      return dot_of_width<T, 4>(columns, all);
  }
}

// All rows of `a` with all rows of `b`.
template <class T>
void multiply_rows(const DotCall<T>& call, std::int64_t rows, std::int64_t columns) {
  for (std::int64_t n = 0; n < columns; n += kDotColumns) {
    const std::int64_t width = std::min<std::int64_t>(kDotColumns, columns - n);
    std::int64_t m = 0;
    for (std::int64_t height = kDotRows; height > 0; height /= 2) {
      const DotFunction<T> function = dot_function<T>(height, width);
      for (; rows - m >= height; m += height) {
        function({call.length, call.stride, call.a + m * call.stride, call.b + n * call.stride,
                  call.c + m * call.c_stride + n, call.c_stride});
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
