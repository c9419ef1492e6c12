// The forward map of unshared filters with the images side by side: a vector is one number of each
// image, which a number of a filter multiplies. Nothing is gathered but the images, once, and
// nothing is added up across a vector. Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_UNSHARED_IMAGES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_UNSHARED_IMAGES_INL_H
#undef CONVCHECK_DIRECT_UNSHARED_IMAGES_INL_H
#else
#define CONVCHECK_DIRECT_UNSHARED_IMAGES_INL_H
#endif

#include "fast/cpu/direct/region-inl.h"
#include "fast/cpu/direct/turn-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// c[m, v] = sum over r of a[m, r] * b[offsets[r] + v] for a tile's rows of `a`: where there are
// fewer, the last one counts for those that are not there.
template <class T>
struct ImagesCall {
  std::int64_t terms = 0;  // of a sum
  const T* a = nullptr;
  std::int64_t a_stride = 0, outs = 1;
  const T* b = nullptr;
  const std::int64_t* offsets = nullptr;
  T* c = nullptr;
  std::int64_t c_stride = 0;
};

template <int kOuts, int kVectors, class D, class T>
void multiply_images(const ImagesCall<T>& call) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<D> sums[kOuts][kVectors], images[kVectors];
  const T* a[kOuts];
  HWY_UNROLL(8)
  for (int m = 0; m < kOuts; ++m) {
    a[m] = call.a + std::min<std::int64_t>(m, call.outs - 1) * call.a_stride;
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) sums[m][v] = hn::Zero(d);
  }
  constexpr std::int64_t kLine = 64 / sizeof(T), kRegionsAhead = 2;
  for (std::int64_t line = 0; line < call.terms; line += kLine) {
    HWY_UNROLL(8)
    for (int m = 0; m < kOuts; ++m) hwy::Prefetch(a[m] + line + kRegionsAhead * call.terms);
    const std::int64_t end = std::min(line + kLine, call.terms);
    for (std::int64_t r = line; r < end; ++r) {
      const T* HWY_RESTRICT b = call.b + call.offsets[r];
      HWY_UNROLL(2)
      for (int v = 0; v < kVectors; ++v) images[v] = hn::LoadU(d, b + v * lanes);
      HWY_UNROLL(8)
      for (int m = 0; m < kOuts; ++m) {
        const auto filter = hn::Set(d, a[m][r]);
        HWY_UNROLL(2)
        for (int v = 0; v < kVectors; ++v) sums[m][v] = hn::MulAdd(filter, images[v], sums[m][v]);
      }
    }
  }
  HWY_UNROLL(8)
  for (int m = 0; m < kOuts; ++m) {
    HWY_UNROLL(2)
    for (int v = 0; v < kVectors; ++v) {
      hn::StoreU(sums[m][v], d, call.c + m * call.c_stride + v * lanes);
    }
  }
}

// Outputs of a tile of two vectors: as many as registers allow.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
inline constexpr int kOutsOfTwo = 8;
#else
inline constexpr int kOutsOfTwo = 4;
#endif

template <class T>
struct ImagesFunction {
  void (*multiply)(const ImagesCall<T>&);
  std::int64_t outs;  // of a tile
};

// One or two vectors of so many lanes: a half or a quarter of the longest where there are no more
// images.
template <class D, class T = hn::TFromD<D>>
ImagesFunction<T> images_function(D d, std::int64_t lanes, std::int64_t vectors) {
  if constexpr (hn::MaxLanes(d) * sizeof(T) > 16) {
    if (lanes < static_cast<std::int64_t>(hn::Lanes(d))) {
      return images_function(hn::Half<D>(), lanes, vectors);
    }
  }
  if (vectors == 1) return {&multiply_images<kOutsAtOnce, 1, D, T>, kOutsAtOnce};
  return {&multiply_images<kOutsOfTwo, 2, D, T>, kOutsOfTwo};
}

// Some rows of one or more channels of x, turned.
template <class E>
void turn_images(const UnsharedStage& stage, std::int64_t index, const UnsharedMemory& memory) {
  using T = Accumulator<E>;
  const TurnedImages& turned = stage.turned;
  const Correlation& sum = stage.sum;
  const Axis &outer = sum.axes[0], &middle = sum.axes[1], &inner = sum.axes[2];
  const std::int64_t end = std::min((index + 1) * kTurnedRows, turned.rows(sum));
  const std::int64_t row_size = turned.extents[2] * turned.images;
  for (std::int64_t row = index * kTurnedRows; row < end; ++row) {
    T* to = static_cast<T*>(memory.turned) + row * row_size;
    std::int64_t rest = row;
    const auto digit = [&rest](std::int64_t base) {
      const std::int64_t value = rest % base;
      rest /= base;
      return value;
    };
    const std::int64_t i1 = digit(turned.extents[1]) + turned.lowest[1];
    const std::int64_t i0 = digit(turned.extents[0]) + turned.lowest[0];
    const std::int64_t channel = digit(sum.ins);
    const std::int64_t begin = std::max<std::int64_t>(turned.lowest[2], 0);
    const std::int64_t length =
        std::min(turned.lowest[2] + turned.extents[2], inner.extent) - begin;
    const bool inside = i0 >= 0 && i0 < outer.extent && i1 >= 0 && i1 < middle.extent;
    if (!inside || length < turned.extents[2] || turned.images > sum.images) clear(to, row_size);
    if (!inside || length <= 0) continue;
    const E* from = static_cast<const E*>(memory.x) + sum.in.at + rest * sum.in.group +
                    channel * sum.in.minor + i0 * outer.in + i1 * middle.in + begin * inner.in;
    turn<E, T>({from, sum.in.major, inner.in, sum.images, length,
                to + (begin - turned.lowest[2]) * turned.images, 1, turned.images});
  }
}

// Sums of regions first .. first + count - 1 for some outputs and images, to y.
template <class E>
void bring_home(const Region<E>& region, const ImagesBlock& block, const Accumulator<E>* sums) {
  using T = Accumulator<E>;
  const Correlation& sum = region.sum;
  const bool dense = region.stage.dense_outputs;
  const std::int64_t step = dense ? 1 : sum.axes[2].out;
  for (std::int64_t m = 0; m < block.outs; ++m, sums += block.regions * block.width) {
    const std::int64_t at = (block.out + m) * sum.out.minor;
    for (std::int64_t j = 0; j < block.regions;) {
      const std::array<std::int64_t, 3> q = position(sum, block.region + j);
      const std::int64_t row = dense ? block.regions : sum.axes[2].count - q[2];
      const std::int64_t count = std::min(block.regions - j, row);
      turn<T, E>({sums + j * block.width, block.width, 1, count, block.images,
                  region.output_at(q, block.image) + at, step, sum.out.major});
      j += count;
    }
  }
}

// The rows of filters of one region from `out` on, and how far they are apart.
template <class E>
std::pair<const Accumulator<E>*, std::int64_t> filters_of(const Region<E>& region,
                                                          const ImagesBlock& block,
                                                          const std::array<std::int64_t, 3>& q) {
  const E* filters = region.filters_at(q) + block.out * region.sum.w.major;
  if constexpr (std::is_same_v<E, Accumulator<E>>) {
    if (region.stage.in_place) return {filters, region.sum.w.major};
  }
  region.gather_filters(filters, block.outs);
  return {region.filters, region.stage.pitch()};
}

// The regions of one task: some outputs at a time, so that what is read of the filters is few long
// pieces of memory.
template <class E>
void forward_by_images(const Region<E>& region, std::int64_t group, const Range& regions,
                       const UnsharedMemory& memory) {
  using T = Accumulator<E>;
  const UnsharedStage& stage = region.stage;
  const TurnedImages& turned = stage.turned;
  const T* images = static_cast<const T*>(memory.turned) + group * stage.sum.ins * turned.channel();
  ImagesBlock block{.region = regions.begin, .regions = regions.size()};
  for (block.out = 0; block.out < region.outs; block.out += kOutsAtOnce) {
    block.outs = std::min<std::int64_t>(kOutsAtOnce, region.outs - block.out);
    for (block.image = 0; block.image < stage.sum.images; block.image += block.width) {
      const std::int64_t vectors =
          std::min<std::int64_t>(kImageVectors, (turned.images - block.image) / turned.lanes);
      block.width = vectors * turned.lanes;
      block.images = std::min(block.width, stage.sum.images - block.image);
      const ImagesFunction<T> function =
          images_function(hn::ScalableTag<T>(), turned.lanes, vectors);
      for (std::int64_t j = 0; j < block.regions; ++j) {
        const std::array<std::int64_t, 3> q = position(stage.sum, block.region + j);
        const auto [filters, pitch] = filters_of(region, block, q);
        for (std::int64_t m = 0; m < block.outs; m += function.outs) {
          function.multiply({region.rows(), filters + m * pitch, pitch, block.outs - m,
                             images + turned.start(stage.sum, q) + block.image, memory.offsets,
                             region.columns + (m * block.regions + j) * block.width,
                             block.regions * block.width});
        }
      }
      bring_home(region, block, region.columns);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
