#include "fast/cpu/direct/depthwise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/direct/depthwise.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/direct/turn-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// Rows of outputs: c[q] = sum over taps t of a[t] * b[q * step + offsets[t]], of vectors.
template <class T>
struct RowsCall {
  std::int64_t rows = 0, count = 0;  // of outputs; in each
  std::int64_t b_row = 0, step = 0;  // of `b`, elements from output to output
  std::int64_t taps = 0;
  const std::int64_t* offsets = nullptr;
  const T *a = nullptr, *b = nullptr;
  T* c = nullptr;
};

// So many neighbours at a time. The last ones end where the row ends: some sums are there twice,
// with the same bits.
template <int kCount, class T>
void multiply_rows_by(const RowsCall<T>& call) {
  const hn::ScalableTag<T> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t row = 0; row < call.rows; ++row) {
    for (std::int64_t at = 0; at < call.count; at += kCount) {
      const std::int64_t q = std::min(at, call.count - kCount);
      const T* b = call.b + row * call.b_row + q * call.step;
      const T* HWY_RESTRICT a = call.a;
      hn::Vec<decltype(d)> sums[kCount];
      HWY_UNROLL(8)
      for (int j = 0; j < kCount; ++j) sums[j] = hn::Zero(d);
      for (std::int64_t t = 0; t < call.taps; ++t, a += lanes) {
        const auto filter = hn::LoadU(d, a);
        const T* HWY_RESTRICT from = b + call.offsets[t];
        HWY_UNROLL(8)
        for (int j = 0; j < kCount; ++j) {
          sums[j] = hn::MulAdd(filter, hn::LoadU(d, from + j * call.step), sums[j]);
        }
      }
      T* c = call.c + (row * call.count + q) * lanes;
      HWY_UNROLL(8)
      for (int j = 0; j < kCount; ++j) hn::StoreU(sums[j], d, c + j * lanes);
    }
  }
}

template <class T, int... kCounts>
void multiply_rows(const RowsCall<T>& call, std::integer_sequence<int, kCounts...>) {
  static constexpr void (*functions[])(const RowsCall<T>&) = {&multiply_rows_by<kCounts + 1, T>...};
  constexpr std::int64_t most = sizeof...(kCounts);
  functions[ceil_div(call.count, ceil_div(call.count, most)) - 1](call);
}

template <class E>
class DepthwiseTask {
 public:
  using T = Accumulator<E>;

  DepthwiseTask(const DepthwiseStage& stage, std::int64_t index, const DepthwiseMemory& memory)
      : stage_(stage), sum_(stage.sum), lanes_(stage.lanes) {
    const auto digit = [&index](std::int64_t base) {
      const std::int64_t value = index % base;
      index /= base;
      return value;
    };
    rows_.begin = digit(stage.row_tasks()) * stage.rows_per_task;
    rows_.end = std::min(rows_.begin + stage.rows_per_task, sum_.axes[1].count);
    plane_ = digit(sum_.axes[0].count);
    images_.begin = digit(stage.image_tasks()) * stage.images_per_task;
    images_.end = std::min(images_.begin + stage.images_per_task, sum_.images);
    const std::int64_t group = index * lanes_;
    groups_ = std::min(lanes_, sum_.groups - group);
    in_ = static_cast<const E*>(memory.in) + sum_.in.at + group * sum_.in.group;
    w_ = static_cast<const E*>(memory.filters) + sum_.w.at + group * sum_.w.group;
    out_ = static_cast<E*>(memory.out) + sum_.out.at + group * sum_.out.group;
    offsets_ = reinterpret_cast<std::int64_t*>(memory.buffer);
    inputs_ = reinterpret_cast<T*>(memory.buffer + stage.offset_bytes());
    sums_ = inputs_ + stage.input_elements();
    filters_ = sums_ + stage.sum_elements();
  }

  void run() {
    turn_filters();
    set_offsets();
    for (std::int64_t n = images_.begin; n < images_.end; ++n) {
      turn_inputs(in_ + n * sum_.in.major, n == images_.begin);
      for (std::int64_t a = 0; a < sum_.outs; ++a) {
        multiply(filters_ + a * sum_.taps() * lanes_);
        bring_home(out_ + n * sum_.out.major + a * sum_.out.minor);
      }
    }
  }

 private:
  std::int64_t row_size() const { return stage_.reach[2] * lanes_; }
  std::int64_t plane_size() const { return stage_.reach[1] * row_size(); }

  void turn_filters() const {
    const std::array<Axis, 3>& axes = sum_.axes;
    if (groups_ < lanes_) clear(filters_, stage_.filter_elements());
    const std::int64_t length = stage_.dense_filters ? sum_.taps() : axes[2].taps;
    const std::int64_t step = stage_.dense_filters ? 1 : axes[2].w;
    T* to = filters_;
    for (std::int64_t a = 0; a < sum_.outs; ++a) {
      for (std::int64_t t = 0; t < sum_.taps(); t += length, to += length * lanes_) {
        const std::int64_t row = t / axes[2].taps;
        const std::int64_t at = row / axes[1].taps * axes[0].w + row % axes[1].taps * axes[1].w;
        turn<E, T>(
            {w_ + a * sum_.w.major + at, sum_.w.group, step, groups_, length, to, 1, lanes_});
      }
    }
  }

  // Where the taps of the first output read.
  void set_offsets() const {
    const std::array<Axis, 3>& axes = sum_.axes;
    for (std::int64_t t = 0; t < sum_.taps(); ++t) {
      std::int64_t rest = t, pitch = lanes_;
      offsets_[t] = 0;
      for (std::size_t axis = 3; axis-- > 0;) {
        const Axis& one = axes[axis];
        const std::int64_t tap = rest % one.taps;
        rest /= one.taps;
        offsets_[t] += (one.first + tap * one.tap_step - stage_.lowest[axis]) * pitch;
        pitch = axis == 2 ? row_size() : plane_size();
      }
    }
  }

  // One image's inputs; the zeros around them are the same for all.
  void turn_inputs(const E* image, bool clears) const {
    const Axis &outer = sum_.axes[0], &middle = sum_.axes[1], &inner = sum_.axes[2];
    const std::int64_t start0 = stage_.lowest[0] + plane_ * outer.step;
    const std::int64_t start1 = stage_.lowest[1] + rows_.begin * middle.step;
    const std::int64_t start2 = stage_.lowest[2], length = stage_.reach[2];
    const std::int64_t rows = stage_.reach[1] - (stage_.rows_per_task - rows_.size()) * middle.step;
    const std::int64_t begin = std::clamp<std::int64_t>(-start2, 0, length);
    const std::int64_t end = std::clamp<std::int64_t>(inner.extent - start2, begin, length);
    for (std::int64_t i0 = start0; i0 < start0 + stage_.reach[0]; ++i0) {
      T* to = inputs_ + (i0 - start0) * plane_size();
      for (std::int64_t i1 = start1; i1 < start1 + rows; ++i1, to += row_size()) {
        const bool inside = i0 >= 0 && i0 < outer.extent && i1 >= 0 && i1 < middle.extent;
        if (clears) {
          const std::int64_t there = inside && groups_ == lanes_ ? begin : length;
          clear(to, there * lanes_);
          clear(to + end * lanes_, (length - end) * lanes_);
        }
        if (!inside) continue;
        const E* from = image + i0 * outer.in + i1 * middle.in + (start2 + begin) * inner.in;
        turn<E, T>(
            {from, sum_.in.group, inner.in, groups_, end - begin, to + begin * lanes_, 1, lanes_});
      }
    }
  }

  void multiply(const T* filters) const {
    const RowsCall<T> call{.rows = rows_.size(),
                           .count = sum_.axes[2].count,
                           .b_row = sum_.axes[1].step * row_size(),
                           .step = sum_.axes[2].step * lanes_,
                           .taps = sum_.taps(),
                           .offsets = offsets_,
                           .a = filters,
                           .b = inputs_,
                           .c = sums_};
    multiply_rows(call, std::make_integer_sequence<int, 8>());
  }

  void bring_home(E* image) const {
    const std::array<Axis, 3>& axes = sum_.axes;
    E* to = image + plane_ * axes[0].out + rows_.begin * axes[1].out;
    const bool dense = axes[1].out == axes[2].count * axes[2].out;
    const std::int64_t pieces = dense ? 1 : rows_.size();
    const std::int64_t length = rows_.size() / pieces * axes[2].count;
    for (std::int64_t i = 0; i < pieces; ++i, to += axes[1].out) {
      turn<T, E>({sums_ + i * length * lanes_, lanes_, 1, length, groups_, to, axes[2].out,
                  sum_.out.group});
    }
  }

  const DepthwiseStage& stage_;
  const Correlation& sum_;
  std::int64_t lanes_, plane_ = 0, groups_ = 0;
  Range rows_, images_;
  const E *in_, *w_;
  E* out_;
  T *inputs_, *sums_, *filters_;
  std::int64_t* offsets_;
};

void depthwise_f32(const DepthwiseStage& stage, std::int64_t index, const DepthwiseMemory& memory) {
  DepthwiseTask<float>(stage, index, memory).run();
}
void depthwise_f64(const DepthwiseStage& stage, std::int64_t index, const DepthwiseMemory& memory) {
  DepthwiseTask<double>(stage, index, memory).run();
}
void depthwise_f16(const DepthwiseStage& stage, std::int64_t index, const DepthwiseMemory& memory) {
  DepthwiseTask<F16>(stage, index, memory).run();
}
void depthwise_bf16(const DepthwiseStage& stage, std::int64_t index,
                    const DepthwiseMemory& memory) {
  DepthwiseTask<Bf16>(stage, index, memory).run();
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convcheck::cpu::direct {

HWY_EXPORT(depthwise_f32);
HWY_EXPORT(depthwise_f64);
HWY_EXPORT(depthwise_f16);
HWY_EXPORT(depthwise_bf16);

void run_depthwise_task(const DepthwiseStage& stage, std::int64_t index,
                        const DepthwiseMemory& memory) {
  switch (memory.type) {
    case DataType::F64:
      return HWY_DYNAMIC_DISPATCH(depthwise_f64)(stage, index, memory);
    case DataType::F32:
      return HWY_DYNAMIC_DISPATCH(depthwise_f32)(stage, index, memory);
    case DataType::F16:
      return HWY_DYNAMIC_DISPATCH(depthwise_f16)(stage, index, memory);
    default:
      return HWY_DYNAMIC_DISPATCH(depthwise_bf16)(stage, index, memory);
  }
}

}  // namespace convcheck::cpu::direct
#endif  // HWY_ONCE
