// The micro-kernel for one filter at a time, as depthwise filters are: vectors that begin anywhere,
// written straight to where they belong. Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_ROWS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_ROWS_INL_H
#undef CONVCHECK_DIRECT_ROWS_INL_H
#else
#define CONVCHECK_DIRECT_ROWS_INL_H
#endif

#include "fast/cpu/direct/copy-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// So many vectors are summed up at once: enough to hide the multipliers' latency.
inline constexpr int kRowVectors = 8;

// One vector of sums: c[v] = sum over r of a[r] * b[offsets[r] + v] for v < count.
template <class T>
struct RowVector {
  const T* b;
  T* c;
  std::int64_t count;
};

template <class T, class D, class V>
void store_first(D d, V value, std::int64_t count, T* to) {
#if HWY_TARGET == HWY_AVX3
  hn::BlendedStore(value, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
#else
  if (count == static_cast<std::int64_t>(hn::Lanes(d))) return hn::StoreU(value, d, to);
  HWY_ALIGN T lanes[HWY_MAX_BYTES / sizeof(T)] = {};
  hn::StoreU(value, d, lanes);
  for (std::int64_t v = 0; v < count; ++v) to[v] = lanes[v];
#endif
}

template <int kCount, class T>
void multiply_rows_of(const T* HWY_RESTRICT a, std::int64_t rows, const std::int64_t* offsets,
                      const RowVector<T>* vectors) {
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sums[kCount];
  const T* b[kCount];
  HWY_UNROLL(8)
  for (int v = 0; v < kCount; ++v) {
    sums[v] = hn::Zero(d);
    b[v] = vectors[v].b;
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto filter = hn::Set(d, a[r]);
    const std::int64_t offset = offsets[r];
    HWY_UNROLL(8)
    for (int v = 0; v < kCount; ++v) {
      sums[v] = hn::MulAdd(filter, hn::LoadU(d, b[v] + offset), sums[v]);
    }
  }
  HWY_UNROLL(8)
  for (int v = 0; v < kCount; ++v) store_first(d, sums[v], vectors[v].count, vectors[v].c);
}

// At most kRowVectors vectors. Where there are fewer, the last one is computed again in the time
// that the multipliers' latency leaves.
template <class T>
void multiply_some_rows(const T* a, std::int64_t rows, const std::int64_t* offsets,
                        RowVector<T>* vectors, std::int64_t count) {
  if (count == 0) return;
  constexpr int kHalf = kRowVectors / 2;
  const std::int64_t end = count <= kHalf ? kHalf : kRowVectors;
  for (; count < end; ++count) vectors[count] = vectors[count - 1];
  end == kHalf ? multiply_rows_of<kHalf>(a, rows, offsets, vectors)
               : multiply_rows_of<kRowVectors>(a, rows, offsets, vectors);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
