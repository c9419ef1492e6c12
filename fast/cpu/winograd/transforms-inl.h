// The transforms of one axis: Winograd's matrices, times vectors. Included once for every
// instruction set.
#if defined(CONVCHECK_WINOGRAD_TRANSFORMS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_WINOGRAD_TRANSFORMS_INL_H
#undef CONVCHECK_WINOGRAD_TRANSFORMS_INL_H
#else
#define CONVCHECK_WINOGRAD_TRANSFORMS_INL_H
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::winograd {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// kTile + 2 points. Values are kStride apart in the arrays, so that the same function does rows and
// columns.
template <int kTile>
struct Transforms;

template <>
struct Transforms<2> {
  // B^T
  template <int kStride, class D, class V>
  static void inputs(D, const V* in, V* out) {
    out[0] = hn::Sub(in[0], in[2 * kStride]);
    out[kStride] = hn::Add(in[kStride], in[2 * kStride]);
    out[2 * kStride] = hn::Sub(in[2 * kStride], in[kStride]);
    out[3 * kStride] = hn::Sub(in[kStride], in[3 * kStride]);
  }
  // G
  template <int kIn, int kOut, class D, class V>
  static void filters(D d, const V* in, V* out) {
    const V half = hn::Set(d, 0.5f);
    const V ends = hn::Add(in[0], in[2 * kIn]);
    out[0] = in[0];
    out[kOut] = hn::Mul(half, hn::Add(ends, in[kIn]));
    out[2 * kOut] = hn::Mul(half, hn::Sub(ends, in[kIn]));
    out[3 * kOut] = in[2 * kIn];
  }
  // A^T
  template <int kIn, int kOut, class D, class V>
  static void outputs(D, const V* in, V* out) {
    out[0] = hn::Add(hn::Add(in[0], in[kIn]), in[2 * kIn]);
    out[kOut] = hn::Sub(hn::Sub(in[kIn], in[2 * kIn]), in[3 * kIn]);
  }
};

template <>
struct Transforms<4> {
  template <int kStride, class D, class V>
  static void inputs(D d, const V* in, V* out) {
    const V two = hn::Set(d, 2.0f), four = hn::Set(d, 4.0f), five = hn::Set(d, 5.0f);
    const V i0 = in[0], i1 = in[kStride], i2 = in[2 * kStride], i3 = in[3 * kStride],
            i4 = in[4 * kStride], i5 = in[5 * kStride];
    const V even = hn::NegMulAdd(four, i2, i4), odd = hn::NegMulAdd(four, i1, i3);
    const V a = hn::Sub(i4, i2), b = hn::Mul(two, hn::Sub(i3, i1));
    out[0] = hn::MulAdd(four, i0, hn::NegMulAdd(five, i2, i4));
    out[kStride] = hn::Add(even, odd);
    out[2 * kStride] = hn::Sub(even, odd);
    out[3 * kStride] = hn::Add(a, b);
    out[4 * kStride] = hn::Sub(a, b);
    out[5 * kStride] = hn::MulAdd(four, i1, hn::NegMulAdd(five, i3, i5));
  }
  template <int kIn, int kOut, class D, class V>
  static void filters(D d, const V* in, V* out) {
    const V sixth = hn::Set(d, 1.0f / 6), twelfth = hn::Set(d, 1.0f / 12),
            twentyfourth = hn::Set(d, 1.0f / 24);
    const V g0 = in[0], g1 = in[kIn], g2 = in[2 * kIn];
    const V ends = hn::Mul(sixth, hn::Add(g0, g2)), middle = hn::Mul(sixth, g1);
    const V wide = hn::MulAdd(sixth, g2, hn::Mul(twentyfourth, g0)), narrow = hn::Mul(twelfth, g1);
    out[0] = hn::Mul(hn::Set(d, 0.25f), g0);
    out[kOut] = hn::Neg(hn::Add(ends, middle));
    out[2 * kOut] = hn::Sub(middle, ends);
    out[3 * kOut] = hn::Add(wide, narrow);
    out[4 * kOut] = hn::Sub(wide, narrow);
    out[5 * kOut] = g2;
  }
  template <int kIn, int kOut, class D, class V>
  static void outputs(D d, const V* in, V* out) {
    const V two = hn::Set(d, 2.0f), four = hn::Set(d, 4.0f), eight = hn::Set(d, 8.0f);
    const V sum = hn::Add(in[kIn], in[2 * kIn]), difference = hn::Sub(in[kIn], in[2 * kIn]);
    const V far = hn::Add(in[3 * kIn], in[4 * kIn]), apart = hn::Sub(in[3 * kIn], in[4 * kIn]);
    out[0] = hn::Add(hn::Add(in[0], sum), far);
    out[kOut] = hn::MulAdd(two, apart, difference);
    out[2 * kOut] = hn::MulAdd(four, far, sum);
    out[3 * kOut] = hn::Add(hn::MulAdd(eight, apart, difference), in[5 * kIn]);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::winograd
HWY_AFTER_NAMESPACE();

#endif
