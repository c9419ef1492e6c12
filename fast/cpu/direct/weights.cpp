#include "fast/cpu/direct/weights.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/direct/weights.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/columns-inl.h"
#include "fast/cpu/direct/dot-inl.h"
#include "fast/cpu/direct/runs.h"
#include "fast/cpu/direct/slab-inl.h"
#include "fast/cpu/direct/weights_block.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// The outputs as images whose column matrix is themselves.
template <class E>
Images<E> output_images(const Correlation& sum, const void* out) {
  Images<E> images{.data = static_cast<const E*>(out) + sum.out.at,
                   .image = sum.out.major,
                   .channel = sum.out.minor,
                   .channels = sum.outs,
                   .channels_at_once = sum.outs,
                   .axes = {}};
  for (int axis = 0; axis < 3; ++axis) {
    const Axis& from = sum.axes[axis];
    images.axes[axis] = {.count = from.count, .extent = from.count, .in = from.out};
  }
  return images;
}

// One task: what it multiplies, and the sums.
template <class E>
struct Factors {
  using T = Accumulator<E>;

  const WeightsStage& stage;
  Correlation sum;
  Images<E> inputs, outputs;
  std::int64_t* offsets = nullptr;  // of the rows of `b`
  T *a = nullptr, *b = nullptr, *c = nullptr;

  // Adds to the sums of rows first .. first + rows - 1.
  void multiply(std::int64_t length, std::int64_t first, std::int64_t rows) const {
    multiply_rows<T>({length, a, stage.out_pitch(), b, offsets, c + first * stage.outs_per_task,
                      stage.outs_per_task},
                     sum.outs, rows);
  }
};

std::int64_t whole_vectors(std::int64_t count, std::int64_t lanes) {
  return ceil_div(count, lanes) * lanes;
}

// Positions begin .. end - 1 of all images. `offsets` are those of gathered rows.
template <class E>
void multiply_columns(const Factors<E>& factors, std::int64_t begin, std::int64_t end) {
  const Correlation& sum = factors.sum;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<Accumulator<E>>()));
  const std::int64_t length = whole_vectors(end - begin, lanes), pitch = factors.stage.out_pitch();
  Runs<kPositionsAtOnce> runs;
  runs.assign(sum.axes, begin, end);
  gather_rows<E>(factors.outputs, runs.all(), 0, sum.outs, {factors.a, pitch, length});
  for (std::int64_t row = 0; row < sum.rows(); row += kGatheredRows) {
    const std::int64_t row_end = std::min(row + kGatheredRows, sum.rows());
    gather_rows<E>(factors.inputs, runs.all(), row, row_end, {factors.b, pitch, length});
    factors.multiply(length, row, row_end - row);
  }
}

// Whole vectors of one image where they are, and the rest of a block gathered.
template <class T>
void multiply_in_place(const Factors<T>& factors, std::int64_t piece) {
  const Correlation& sum = factors.sum;
  const std::int64_t positions = sum.positions(), blocks = ceil_div(positions, kPositionsAtOnce);
  const std::int64_t image = piece / blocks, begin = piece % blocks * kPositionsAtOnce;
  const std::int64_t end = std::min(begin + kPositionsAtOnce, positions);
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<T>()));
  const std::int64_t length = (end - begin) / lanes * lanes;
  const std::int64_t* offsets = factors.offsets + ceil_div(kGatheredRows, 8) * 8;
  multiply_rows<T>({length, factors.outputs.data + image * sum.out.major + begin, sum.out.minor,
                    factors.inputs.data + image * sum.in.major + begin, offsets, factors.c,
                    factors.stage.outs_per_task},
                   sum.outs, sum.rows());
  if (begin + length == end) return;
  multiply_columns(factors, image * positions + begin + length, image * positions + end);
}

// The outputs of a block in the slab's pitch, with zeros between the rows: what stands there in the
// slab is multiplied with nothing. The inner loop is over what there is more of, rows or outputs.
template <class E>
void spread_outputs(const Factors<E>& factors, const Slab& slab, const Images<E>& image,
                    const std::array<std::int64_t, 3>& counts) {
  const std::array<Axis, 3>& axes = image.axes;
  const std::int64_t rows = slab.axes[1].length(), length = slab.axes[2].length();
  const Span span{.length = length, .lo = 0, .hi = counts[2], .stride = axes[2].in};
  for (std::int64_t q0 = 0; q0 < counts[0]; ++q0) {
    if (counts[1] >= image.channels) {
      for (std::int64_t k = 0; k < image.channels; ++k) {
        Accumulator<E>* to = factors.a + k * factors.stage.out_pitch() + q0 * rows * length;
        copy_rows<E>(
            {image.data + (k * image.channel + q0 * axes[0].in), axes[1].in, counts[1], to, length},
            span);
        clear(to + counts[1] * length, (rows - counts[1]) * length);
      }
      continue;
    }
    for (std::int64_t q1 = 0; q1 < rows; ++q1) {
      Accumulator<E>* to = factors.a + (q0 * rows + q1) * length;
      if (q1 < counts[1]) {
        copy_rows<E>({image.data + (q0 * axes[0].in + q1 * axes[1].in), image.channel,
                      image.channels, to, factors.stage.out_pitch()},
                     span);
        continue;
      }
      for (std::int64_t k = 0; k < image.channels; ++k) {
        clear(to + k * factors.stage.out_pitch(), length);
      }
    }
  }
}

template <class E>
void multiply_slab(const Factors<E>& factors, std::int64_t piece) {
  const Slab& slab = factors.stage.slab;
  const Correlation& sum = factors.sum;
  const std::int64_t blocks = slab.blocks(sum), size = slab.axes[slab.cut].count;
  const std::int64_t begin = piece % blocks * size, image = piece / blocks;
  std::array<std::int64_t, 3> counts;
  for (std::size_t axis = 0; axis < 3; ++axis) counts[axis] = sum.axes[axis].count;
  counts[slab.cut] = std::min(size, sum.axes[slab.cut].count - begin);
  Images<E> inputs = factors.inputs, outputs = factors.outputs;
  inputs.data += image * inputs.image;
  outputs.data += image * outputs.image + begin * outputs.axes[slab.cut].in;
  std::array<std::int64_t, 3> first{};
  first[slab.cut] = begin;
  fill_slab<E>(inputs, slab, first, factors.b);
  clear(factors.b + sum.ins * slab.channel(), kSlack);
  spread_outputs(factors, slab, outputs, counts);
  const std::int64_t positions = slab.positions(counts[slab.cut]);
  const std::int64_t written = counts[0] * slab.axes[1].length() * slab.axes[2].length();
  const std::int64_t pitch = factors.stage.out_pitch();
  for (std::int64_t k = 0; k < sum.outs; ++k) {
    clear(factors.a + k * pitch + written, std::min(kSlack, pitch - written));
  }
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<Accumulator<E>>()));
  factors.multiply(whole_vectors(positions, lanes), 0, sum.rows());
}

template <class E>
void multiply_piece(const Factors<E>& factors, std::int64_t piece) {
  if (factors.stage.from_slab) return multiply_slab(factors, piece);
  if constexpr (std::is_same_v<E, Accumulator<E>>) {
    if (factors.stage.in_place) return multiply_in_place(factors, piece);
  }
  const std::int64_t begin = piece * kPositionsAtOnce;
  multiply_columns(factors, begin, std::min(begin + kPositionsAtOnce, factors.stage.positions()));
}

void gathered_offsets(const WeightsStage& stage, std::int64_t* offsets) {
  for (std::int64_t r = 0; r < kGatheredRows; ++r) offsets[r] = r * stage.out_pitch();
}

void fill_offsets(const WeightsStage& stage, const WeightsBlock& block, std::int64_t* offsets) {
  const Correlation& sum = block.sum;
  gathered_offsets(stage, offsets);
  if (stage.from_slab) {
    for (std::int64_t r = 0; r < sum.rows(); ++r) {
      offsets[r] = stage.slab.offset(sum, r % sum.taps(), r / sum.taps());
    }
  } else if (stage.in_place) {
    offsets += ceil_div(kGatheredRows, 8) * 8;
    for (std::int64_t r = 0; r < sum.rows(); ++r) offsets[r] = r * sum.in.minor;
  }
}

// The zeros between rows of outputs have met an infinity or a NaN somewhere in a slab, so that it
// may have come where it does not belong: the same pieces again, channel after channel, from
// gathered columns, which are multiplied with outputs alone.
template <class E>
void multiply_again(const Factors<E>& factors, const Range& pieces) {
  const WeightsStage& stage = factors.stage;
  const std::int64_t size = stage.slab.axes[stage.slab.cut].count;
  const std::int64_t whole = factors.sum.axes[stage.slab.cut].count;
  const std::int64_t blocks = stage.slab.blocks(factors.sum);
  const std::int64_t positions = factors.sum.positions(), inner = positions / whole;
  gathered_offsets(stage, factors.offsets);
  clear(factors.c, stage.block_elements());
  for (std::int64_t b = 0; b < factors.sum.ins; ++b) {
    Factors<E> channel = factors;
    channel.sum.ins = channel.inputs.channels = channel.inputs.channels_at_once = 1;
    channel.inputs.data += b * factors.inputs.channel;
    channel.c += b * factors.sum.taps() * stage.outs_per_task;
    for (std::int64_t piece = pieces.begin; piece < pieces.end; ++piece) {
      const std::int64_t at = piece / blocks * positions, begin = piece % blocks * size;
      const std::int64_t end = at + std::min(begin + size, whole) * inner;
      for (std::int64_t q = at + begin * inner; q < end; q += stage.positions_again()) {
        multiply_columns(channel, q, std::min(q + stage.positions_again(), end));
      }
    }
  }
}

template <class T>
bool all_finite(const T* values, std::int64_t count) {
  T zeros = 0;  // a product with zero is NaN unless the factor is finite
  for (std::int64_t i = 0; i < count; ++i) zeros += values[i] * 0;
  return zeros == 0;
}

template <class E>
void weights_task(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  using T = Accumulator<E>;
  const WeightsBlock block(stage, index / stage.parts);
  Factors<E> factors{.stage = stage,
                     .sum = block.sum,
                     .inputs = {.data = static_cast<const E*>(memory.in) + block.sum.in.at,
                                .image = block.sum.in.major,
                                .channel = block.sum.in.minor,
                                .channels = block.sum.ins,
                                .channels_at_once = block.sum.ins,
                                .axes = block.sum.axes},
                     .outputs = output_images<E>(block.sum, memory.out),
                     .offsets = reinterpret_cast<std::int64_t*>(memory.buffer)};
  factors.a = reinterpret_cast<T*>(factors.offsets + stage.offset_elements());
  factors.b = factors.a + stage.outs_per_task * stage.out_pitch();
  factors.c = stage.parts > 1 ? static_cast<T*>(memory.parts) + index * stage.block_elements()
                              : factors.b + stage.in_elements();
  clear(factors.c, stage.block_elements());
  fill_offsets(stage, block, factors.offsets);
  const std::int64_t part = index % stage.parts, all = stage.pieces();
  const Range pieces{all * part / stage.parts, all * (part + 1) / stage.parts};
  for (std::int64_t piece = pieces.begin; piece < pieces.end; ++piece) {
    multiply_piece(factors, piece);
  }
  if (stage.from_slab && !all_finite(factors.c, stage.block_elements())) {
    multiply_again(factors, pieces);
  }
  if (stage.parts == 1) block.write<E>(factors.c, memory.w);
}

void weights_f32(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  weights_task<float>(stage, index, memory);
}
void weights_f64(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  weights_task<double>(stage, index, memory);
}
void weights_f16(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  weights_task<F16>(stage, index, memory);
}
void weights_bf16(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  weights_task<Bf16>(stage, index, memory);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convcheck::cpu::direct {

HWY_EXPORT(weights_f32);
HWY_EXPORT(weights_f64);
HWY_EXPORT(weights_f16);
HWY_EXPORT(weights_bf16);

void run_weights_task(const WeightsStage& stage, std::int64_t index, const WeightsMemory& memory) {
  switch (memory.type) {
    case DataType::F64:
      return HWY_DYNAMIC_DISPATCH(weights_f64)(stage, index, memory);
    case DataType::F32:
      return HWY_DYNAMIC_DISPATCH(weights_f32)(stage, index, memory);
    case DataType::F16:
      return HWY_DYNAMIC_DISPATCH(weights_f16)(stage, index, memory);
    default:
      return HWY_DYNAMIC_DISPATCH(weights_bf16)(stage, index, memory);
  }
}

}  // namespace convcheck::cpu::direct
#endif  // HWY_ONCE
