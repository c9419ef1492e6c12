#include "fast/cpu/direct/runs.h"
#include "fast/cpu/winograd/stage.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/winograd/kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/tile-inl.h"
#include "fast/cpu/winograd/lines-inl.h"
#include "fast/cpu/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::winograd {
namespace HWY_NAMESPACE {

using BlockRuns = direct::Runs<direct::kMostWidth>;

// Eight filters of one channel side by side: 9 vectors in, all points out.
template <int kTile>
void transform_eight(const float* in, float* out) {
  constexpr int kPoints = kTile + 2;
  const hn::CappedTag<float, 8> d;
  using V = hn::Vec<decltype(d)>;
  for (std::size_t at = 0; at < 8; at += hn::Lanes(d)) {
    V taps[9], half[kPoints * 3], points[kPoints * kPoints];
    for (int t = 0; t < 9; ++t) taps[t] = hn::LoadU(d, in + t * 8 + at);
    for (int x = 0; x < 3; ++x) Transforms<kTile>::template filters<3, 3>(d, taps + x, half + x);
    for (int y = 0; y < kPoints; ++y) {
      Transforms<kTile>::template filters<1, 1>(d, half + y * 3, points + y * kPoints);
    }
    for (int p = 0; p < kPoints * kPoints; ++p) hn::StoreU(points[p], d, out + p * 8 + at);
  }
}

template <int kTile>
void filters_piece(const WinogradStage& stage, std::int64_t piece, const WinogradMemory& memory) {
  const Correlation& sum = stage.sum;
  const std::int64_t pieces = ceil_div(sum.outs, kOutsAtOnce);
  const std::int64_t group = piece / pieces, out = piece % pieces * kOutsAtOnce;
  const float* from = memory.w + sum.w.at + group * sum.w.group + out * sum.w.major;
  float* to = memory.filters + group * stage.filters_of_group() + out * stage.points() * sum.ins;
  const std::int64_t y_step = sum.axes[1].w, x_step = sum.axes[2].w;
  float in[9 * 8] = {}, points[36 * 8];
  direct::for_each_panel(std::min(kOutsAtOnce, sum.outs - out), stage.shape.filters,
                         [&](std::int64_t first, std::int64_t height) {
                           float* panel = to + first * stage.points() * sum.ins;
                           for (std::int64_t b = 0; b < sum.ins; ++b, panel += height) {
                             for (std::int64_t m = 0; m < height; ++m) {
                               const float* filter =
                                   from + (first + m) * sum.w.major + b * sum.w.minor;
                               for (int t = 0; t < 9; ++t)
                                 in[t * 8 + m] = filter[t / 3 * y_step + t % 3 * x_step];
                             }
                             transform_eight<kTile>(in, points);
                             for (std::int64_t p = 0; p < stage.points(); ++p) {
                               for (std::int64_t m = 0; m < height; ++m) {
                                 panel[p * sum.ins * height + m] = points[p * 8 + m];
                               }
                             }
                           }
                         });
}

// Which places of the lines are the first columns of a tile, as numbers that are not zero.
void mark_tiles(std::span<const direct::Run> runs, std::int64_t flat, float* marks) {
  dk::clear(marks, flat);
  for (const direct::Run& run : runs) {
    for (std::int64_t i = 0; i < run.length; ++i) marks[i] = 1;
    marks += run.length + 1;
  }
}

// The points of all tiles of one channel, each a row of tiles; rows of points are `step` apart.
template <int kTile>
void transform_inputs(const WinogradStage& stage, const float* lines, const float* marks,
                      std::int64_t places, float* to, std::int64_t step) {
  constexpr int kPoints = kTile + 2;
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t at = 0; at < places; at += lanes) {
    V half[kPoints * kPoints], points[kPoints];
    for (int y = 0; y < kPoints; ++y) {
      V row[kPoints];
      for (int x = 0; x < kPoints; ++x) {
        row[x] = hn::LoadU(d, lines + (y * kTile + x % kTile) * stage.flat() + at + x / kTile);
      }
      Transforms<kTile>::template inputs<1>(d, row, half + y * kPoints);
    }
    const auto wanted = hn::Ne(hn::LoadU(d, marks + at), hn::Zero(d));
    const auto count = static_cast<std::int64_t>(hn::CountTrue(d, wanted));
    for (int x = 0; x < kPoints; ++x) {
      V column[kPoints];
      for (int y = 0; y < kPoints; ++y) column[y] = half[y * kPoints + x];
      Transforms<kTile>::template inputs<1>(d, column, points);
      for (int y = 0; y < kPoints && count > 0; ++y) {
        hn::StoreU(hn::Compress(points[y], wanted), d, to + (y * kPoints + x) * step);
      }
    }
    to += count;
  }
}

// The tiles of one output: kTile rows of all their columns.
template <int kTile>
void transform_outputs(const WinogradStage& stage, const float* products, int vectors, float* to) {
  constexpr int kPoints = kTile + 2;
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t step = kOutsAtOnce * stage.tiles_at_once();
  for (int v = 0; v < vectors; ++v) {
    V half[kTile * kPoints];
    for (int x = 0; x < kPoints; ++x) {
      V column[kPoints];
      for (int y = 0; y < kPoints; ++y) {
        column[y] = hn::LoadU(d, products + (y * kPoints + x) * step + v * lanes);
      }
      Transforms<kTile>::template outputs<1, kPoints>(d, column, half + x);
    }
    for (int y = 0; y < kTile; ++y) {
      V row[kTile];
      Transforms<kTile>::template outputs<1, 1>(d, half + y * kPoints, row);
      float* target = to + (y * stage.tiles_at_once() + v * lanes) * kTile;
      if constexpr (kTile == 2) {
        hn::StoreInterleaved2(row[0], row[1], d, target);
      } else {
        hn::StoreInterleaved4(row[0], row[1], row[2], row[3], d, target);
      }
    }
  }
}

// Outputs of tiles to where they belong; those beyond the last row and column are dropped.
template <int kTile>
void store_outputs(const WinogradStage& stage, std::span<const direct::Run> runs, const float* from,
                   float* out) {
  const direct::Axis &rows = stage.sum.axes[1], &columns = stage.sum.axes[2];
  const std::int64_t pitch = stage.tiles_at_once() * kTile;
  for (const direct::Run& run : runs) {
    const std::int64_t q1 = run.q1 * kTile, q2 = run.q2 * kTile;
    const std::int64_t height = std::min<std::int64_t>(kTile, rows.count - q1);
    const std::int64_t length = std::min(run.length * kTile, columns.count - q2);
    float* to = out + run.image * stage.sum.out.major + q1 * rows.out + q2 * columns.out;
    const float* first = from + run.at * kTile;
    if (columns.out == 1) {
      dk::copy_rows<float>({first, pitch, height, to, rows.out},
                           {.length = length, .lo = 0, .hi = length, .stride = 1});
      continue;
    }
    for (std::int64_t y = 0; y < height; ++y) {
      for (std::int64_t x = 0; x < length; ++x) {
        to[y * rows.out + x * columns.out] = first[y * pitch + x];
      }
    }
  }
}

// Some tiles of all images, for some outputs of a group.
template <int kTile>
class Task {
 public:
  Task(const WinogradStage& stage, std::int64_t group, Range tiles, const WinogradMemory& memory)
      : stage_(stage),
        vectors_(static_cast<int>(ceil_div(tiles.size(), stage.shape.lanes))),
        filters_(memory.filters + group * stage.filters_of_group()),
        out_(memory.out + stage.sum.out.at + group * stage.sum.out.group),
        offsets_(memory.offsets),
        inputs_(memory.buffer),
        products_(inputs_ + stage.input_elements()),
        outputs_(products_ + stage.product_elements()) {
    runs_.assign({direct::Axis{}, direct::Axis{.count = stage.rows_of_tiles()},
                  direct::Axis{.count = stage.tiles_of_row()}},
                 tiles.begin, tiles.end);
    const std::span<const direct::Run> runs = runs_.all();
    const std::int64_t places = tiles.size() + static_cast<std::int64_t>(runs.size());
    float* const lines = outputs_ + stage.output_elements();
    float* const line = lines + stage.line_elements();
    float* const marks = line + kTile * stage.flat();
    mark_tiles(runs, stage.flat(), marks);
    const float* in = memory.in + stage.sum.in.at + group * stage.sum.in.group;
    for (std::int64_t b = 0; b < stage.sum.ins; ++b, in += stage.sum.in.minor) {
      fill_lines<kTile>(stage, in, runs, lines, line);
      transform_inputs<kTile>(stage, lines, marks, places, inputs_ + b * stage.pitch(),
                              stage.sum.ins * stage.pitch());
    }
  }

  // At most kOutsAtOnce outputs from `out` on.
  void run(std::int64_t out, std::int64_t outs) const {
    for (std::int64_t p = 0; p < stage_.points(); ++p) multiply(p, out, outs);
    for (std::int64_t k = 0; k < outs; ++k) {
      transform_outputs<kTile>(stage_, products_ + k * stage_.tiles_at_once(), vectors_, outputs_);
      store_outputs<kTile>(stage_, runs_.all(), outputs_, out_ + (out + k) * stage_.sum.out.minor);
    }
  }

 private:
  // One point of all tiles.
  void multiply(std::int64_t point, std::int64_t out, std::int64_t outs) const {
    const std::int64_t ins = stage_.sum.ins, width = stage_.tiles_at_once();
    dk::TileCall<float> call{.rows = ins,
                             .b = inputs_ + point * ins * stage_.pitch(),
                             .offsets = offsets_,
                             .c_stride = width};
    direct::for_each_panel(outs, stage_.shape.filters, [&](std::int64_t k, std::int64_t height) {
      call.a = filters_ + ((out + k) * stage_.points() + point * height) * ins;
      call.c = products_ + (point * kOutsAtOnce + k) * width;
      dk::tile_function<float>(static_cast<int>(height), vectors_)(call);
    });
  }

  const WinogradStage& stage_;
  int vectors_;
  const float* filters_;
  float* out_;
  const std::int64_t* offsets_;
  float *inputs_, *products_, *outputs_;
  BlockRuns runs_;
};

template <int kTile>
void task(const WinogradStage& stage, std::int64_t index, const WinogradMemory& memory) {
  const std::int64_t first = index % stage.out_tasks() * stage.outs_per_task;
  index /= stage.out_tasks();
  const std::int64_t begin = index % stage.tile_tasks() * stage.tiles_at_once();
  const std::int64_t end = std::min(begin + stage.tiles_at_once(), stage.tiles());
  const Task<kTile> task(stage, index / stage.tile_tasks(), {begin, end}, memory);
  const std::int64_t last = std::min(first + stage.outs_per_task, stage.sum.outs);
  for (std::int64_t out = first; out < last; out += kOutsAtOnce) {
    task.run(out, std::min(kOutsAtOnce, last - out));
  }
}

void filters_any(const WinogradStage& stage, std::int64_t piece, const WinogradMemory& memory) {
  return stage.tile == 2 ? filters_piece<2>(stage, piece, memory)
                         : filters_piece<4>(stage, piece, memory);
}
void task_any(const WinogradStage& stage, std::int64_t index, const WinogradMemory& memory) {
  return stage.tile == 2 ? task<2>(stage, index, memory) : task<4>(stage, index, memory);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::winograd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convcheck::cpu::winograd {

HWY_EXPORT(filters_any);
HWY_EXPORT(task_any);

void transform_filters(const WinogradStage& stage, std::int64_t piece,
                       const WinogradMemory& memory) {
  HWY_DYNAMIC_DISPATCH(filters_any)(stage, piece, memory);
}

void run_winograd_task(const WinogradStage& stage, std::int64_t index,
                       const WinogradMemory& memory) {
  HWY_DYNAMIC_DISPATCH(task_any)(stage, index, memory);
}

}  // namespace convcheck::cpu::winograd
#endif  // HWY_ONCE
