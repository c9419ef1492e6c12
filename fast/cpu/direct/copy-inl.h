// Copies of short rows into the kernels' buffers. Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_COPY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_COPY_INL_H
#undef CONVCHECK_DIRECT_COPY_INL_H
#else
#define CONVCHECK_DIRECT_COPY_INL_H
#endif

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
  for (std::int64_t i = 0; i < count; ++i) to[i] = 0;
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

#if HWY_TARGET == HWY_AVX3
// Masks leave out what is not there, in one go.
template <class T>
void copy_masked(const T* from, const Span& span, T* to) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto first = [&](std::int64_t count) {
    return hn::FirstN(d, static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, lanes)));
  };
  for (std::int64_t i = 0; i < span.length; i += lanes) {
    const auto there = hn::AndNot(first(span.lo - i), first(span.hi - i));
    hn::BlendedStore(hn::MaskedLoad(there, d, from + i), first(span.length - i), d, to + i);
  }
}
#endif

template <class E>
void copy_row(const E* from, const Span& span, Accumulator<E>* to) {
  if constexpr (std::is_same_v<E, Accumulator<E>>) {
    if (span.stride == 1) {
#if HWY_TARGET == HWY_AVX3
      copy_masked(from, span, to);
#else
      clear(to, span.lo);
      copy_dense(from + span.lo, span.hi - span.lo, to + span.lo);
      clear(to + span.hi, span.length - span.hi);
#endif
      return;
    }
  }
  copy_strided(from, span, to);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
