// Copies of short rows into the kernels' buffers. Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_COPY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_COPY_INL_H
#undef CONVCHECK_DIRECT_COPY_INL_H
#else
#define CONVCHECK_DIRECT_COPY_INL_H
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "fast/cpu/direct/element.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// `length` elements to a buffer, of which those before `lo` and from `hi` on are zeros and not
// read. `from` is where the first would be.
struct Span {
  std::int64_t length = 0, lo = 0, hi = 0, stride = 1;
};

template <class T>
void clear(T* to, std::int64_t count) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  T* const end = to + count;
  for (; end - to >= lanes; to += lanes) hn::StoreU(hn::Zero(d), d, to);
  for (; to < end; ++to) {
    *to = 0;
    HWY_FENCE;  // or else the compiler calls memset() for these few
  }
}

template <class E>
void copy_strided(const E* from, const Span& span, Accumulator<E>* to) {
  clear(to, span.lo);
  for (std::int64_t i = span.lo; i < span.hi; ++i) to[i] = widen(from[i * span.stride]);
  clear(to + span.hi, span.length - span.hi);
}

// Whole vectors and, last, one that ends where the row ends.
template <class T>
void copy_dense(const T* from, std::int64_t count, T* to) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  if (count < lanes) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  if (i < count) {
    i = count - lanes;
    hn::StoreU(hn::LoadU(d, from + i), d, to + i);
  }
}

// Many rows of one span.
template <class E>
struct RowsCopy {
  const E* from = nullptr;
  std::int64_t from_stride = 0, count = 0;
  Accumulator<E>* to = nullptr;
  std::int64_t to_stride = 0;
};

inline constexpr std::int64_t kPrefetchedRows = 12;

#if HWY_TARGET == HWY_AVX3
// Vectors begin .. begin + kCount - 1 of each row: masks leave out what is not there, in one go.
template <int kCount, class T>
void copy_masked(const RowsCopy<T>& rows, const Span& span, std::int64_t begin) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto first = [&](std::int64_t count) {
    return hn::FirstN(d, static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, lanes)));
  };
  hn::Mask<decltype(d)> there[kCount], all[kCount];
  for (int v = 0; v < kCount; ++v) {
    const std::int64_t at = (begin + v) * lanes;
    there[v] = hn::AndNot(first(span.lo - at), first(span.hi - at));
    all[v] = first(span.length - at);
  }
  const T* from = rows.from + begin * lanes;
  T* to = rows.to + begin * lanes;
  for (std::int64_t b = 0; b < rows.count; ++b, from += rows.from_stride, to += rows.to_stride) {
    // Rows are far apart, and the processor does not see by itself which comes next.
    const bool ahead = b + kPrefetchedRows < rows.count;
    const T* later = ahead ? from + kPrefetchedRows * rows.from_stride : from;
    HWY_UNROLL(4)
    for (int v = 0; v < kCount; ++v) {
      hwy::Prefetch(later + v * lanes);
      hn::BlendedStore(hn::MaskedLoad(there[v], d, from + v * lanes), all[v], d, to + v * lanes);
    }
  }
}

template <class T>
void copy_all_masked(const RowsCopy<T>& rows, const Span& span) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const std::int64_t vectors = (span.length + lanes - 1) / lanes;
  std::int64_t v = 0;
  for (; v + 3 <= vectors; v += 3) copy_masked<3>(rows, span, v);
  if (vectors - v == 2) copy_masked<2>(rows, span, v);
  if (vectors - v == 1) copy_masked<1>(rows, span, v);
}
#endif

template <class T>
void copy_all_dense(const RowsCopy<T>& rows, const Span& span) {
  const std::int64_t line = 64 / static_cast<std::int64_t>(sizeof(T));
  const bool far = rows.from_stride > 4 * line && span.length <= 8 * line;
  for (std::int64_t b = 0; b < rows.count; ++b) {
    T* to = rows.to + b * rows.to_stride;
    const T* from = rows.from + (b * rows.from_stride + span.lo);
    // Rows that are far apart: the processor does not see by itself which comes next.
    if (far && b + kPrefetchedRows < rows.count) {
      for (std::int64_t i = 0; i < span.hi - span.lo; i += line) {
        hwy::Prefetch(from + kPrefetchedRows * rows.from_stride + i);
      }
    }
    clear(to, span.lo);
    copy_dense(from, span.hi - span.lo, to + span.lo);
    clear(to + span.hi, span.length - span.hi);
  }
}

template <class E>
void copy_rows(const RowsCopy<E>& rows, const Span& span) {
  if constexpr (std::is_same_v<E, Accumulator<E>>) {
    if (span.stride == 1) {
#if HWY_TARGET == HWY_AVX3
      return copy_all_masked(rows, span);
#else
      return copy_all_dense(rows, span);
#endif
    }
  }
  for (std::int64_t b = 0; b < rows.count; ++b) {
    copy_strided(rows.from + b * rows.from_stride, span, rows.to + b * rows.to_stride);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
