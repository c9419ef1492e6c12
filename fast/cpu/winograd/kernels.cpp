#include "fast/cpu/direct/runs.h"
#include "fast/cpu/winograd/stage.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast/cpu/winograd/kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "fast/cpu/direct/tile-inl.h"
#include "fast/cpu/winograd/filters-inl.h"
#include "fast/cpu/winograd/lines-inl.h"
#include "fast/cpu/winograd/outputs-inl.h"
#include "fast/cpu/winograd/transforms-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::winograd {
namespace HWY_NAMESPACE {

using BlockRuns = direct::Runs<direct::kMostWidth>;

// Which places of the lines are the first columns of a tile: of every vector of places those lanes,
// first to last, and in `counts` how many. hn::Compress would do the same, but some compilers copy
// its table each time.
struct Wanted {
  std::int32_t* lanes;
  std::int32_t* counts;

  Wanted(const WinogradStage& stage, float* memory)
      : lanes(reinterpret_cast<std::int32_t*>(memory)), counts(lanes + stage.flat()) {}

  void assign(const WinogradStage& stage, std::span<const direct::Run> runs) const {
    std::fill(lanes, lanes + 2 * stage.flat(), 0);
    std::int64_t place = 0;
    for (const direct::Run& run : runs) {
      for (std::int64_t i = 0; i < run.length; ++i, ++place) {
        const std::int64_t vector = place / stage.shape.lanes;
        const std::int64_t first = vector * stage.shape.lanes;
        lanes[first + counts[vector]++] = static_cast<std::int32_t>(place - first);
      }
      ++place;
    }
  }
};

// The points of all tiles of one channel, each a row of tiles; rows of points are `step` apart.
template <int kTile>
void transform_inputs(const WinogradStage& stage, const float* lines, const Wanted& wanted,
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
    const auto first = hn::SetTableIndices(d, wanted.lanes + at);
    const std::int64_t count = wanted.counts[at / lanes];
    for (int x = 0; x < kPoints; ++x) {
      V column[kPoints];
      for (int y = 0; y < kPoints; ++y) column[y] = half[y * kPoints + x];
      Transforms<kTile>::template inputs<1>(d, column, points);
      for (int y = 0; y < kPoints && count > 0; ++y) {
        float* const point = to + (y * kPoints + x) * step;
        hn::StoreU(hn::TableLookupLanes(points[y], first), d, point);
        prefetch_to_write(point + stage.pitch());  // the next channel's
      }
    }
    to += count;
  }
}

Range tiles_of_block(const WinogradStage& stage, std::int64_t block) {
  const std::int64_t begin = block * stage.tiles_at_once();
  return {begin, std::min(begin + stage.tiles_at_once(), stage.tiles())};
}

BlockRuns runs_of_block(const WinogradStage& stage, std::int64_t block) {
  BlockRuns runs;
  const Range tiles = tiles_of_block(stage, block);
  runs.assign({direct::Axis{}, direct::Axis{.count = stage.rows_of_tiles()},
               direct::Axis{.count = stage.tiles_of_row()}},
              tiles.begin, tiles.end);
  return runs;
}

// Some channels of a block of tiles. `to` is where the block's inputs are, `lines` room for them.
template <int kTile>
void transform_block(const WinogradStage& stage, std::int64_t group, std::int64_t block,
                     const Range& channels, const WinogradMemory& memory, float* to, float* lines) {
  const BlockRuns all = runs_of_block(stage, block);
  const std::span<const direct::Run> runs = all.all();
  const std::int64_t places =
      tiles_of_block(stage, block).size() + static_cast<std::int64_t>(runs.size());
  const Wanted wanted(stage, lines + (kTile + 2) * kTile * stage.flat());
  float* const line = lines + ((kTile + 2) * kTile + 2) * stage.flat();
  wanted.assign(stage, runs);
  const float* in = memory.in + stage.sum.in.at + group * stage.sum.in.group;
  for (std::int64_t b = channels.begin; b < channels.end; ++b) {
    fill_lines<kTile>(stage, in + b * stage.sum.in.minor, runs, lines, line);
    transform_inputs<kTile>(stage, lines, wanted, places, to + b * stage.pitch(),
                            stage.input_step());
  }
}

// A block of tiles, whose transformed inputs are there, for some outputs of a group.
template <int kTile>
class Products {
 public:
  Products(const WinogradStage& stage, std::int64_t group, std::int64_t block, const float* inputs,
           const WinogradMemory& memory)
      : stage_(stage),
        runs_(runs_of_block(stage, block)),
        vectors_(
            static_cast<int>(ceil_div(tiles_of_block(stage, block).size(), stage.shape.lanes))),
        out_(memory.out + stage.sum.out.at + group * stage.sum.out.group),
        offsets_(memory.offsets),
        inputs_(inputs),
        products_(memory.buffer + stage.own_elements()),
        outputs_(products_ + stage.product_elements()) {}

  // At most kOutsAtOnce outputs; `filters` are theirs.
  void run(const Range& outs, const float* filters) const {
    multiply({0, stage_.sum.ins}, outs.size(), filters);
    finish(outs);
  }

  // Adds some channels, whose filters these are, to the products.
  void multiply(const Range& ins, std::int64_t outs, const float* filters) const {
    for (std::int64_t p = 0; p < stage_.points(); ++p) multiply(p, ins, outs, filters);
  }
  void finish(const Range& outs) const {
    for (std::int64_t k = 0; k < outs.size(); ++k) {
      transform_outputs<kTile>(stage_, products_ + k * stage_.tiles_at_once(), vectors_, outputs_);
      store_outputs<kTile>(stage_, runs_.all(), outputs_,
                           out_ + (outs.begin + k) * stage_.sum.out.minor);
    }
  }

 private:
  // One point of all tiles, some channels at a time, which stay in the first cache.
  void multiply(std::int64_t point, const Range& channels, std::int64_t outs,
                const float* filters) const {
    const std::int64_t ins = channels.size(), width = stage_.tiles_at_once();
    const std::int64_t rows = Partition::even(ins, std::min(ins, kRowsAtOnce)).block;
    const float* const inputs =
        inputs_ + point * stage_.input_step() + channels.begin * stage_.pitch();
    float* const products = products_ + point * stage_.product_step();
    for (std::int64_t row = 0; row < ins; row += rows) {
      dk::TileCall<float> call{.rows = std::min(rows, ins - row),
                               .b = inputs + row * stage_.pitch(),
                               .offsets = offsets_,
                               .c = products,
                               .c_stride = width,
                               .add = channels.begin + row > 0};
      direct::for_each_panel(outs, stage_.shape.filters, [&](std::int64_t k, std::int64_t height) {
        call.a = filters + (k * stage_.points() + point * height) * ins + row * height;
        call.c = products + k * width;
        dk::tile_function<float>(static_cast<int>(height), vectors_)(call);
      });
    }
  }

  const WinogradStage& stage_;
  BlockRuns runs_;
  int vectors_;
  float* out_;
  const std::int64_t* offsets_;
  const float* inputs_;
  float *products_, *outputs_;
};

float* lines_of(const WinogradStage& stage, const WinogradMemory& memory) {
  return memory.buffer + stage.own_elements() + stage.product_elements() + stage.output_elements();
}

template <int kTile>
void piece(const WinogradStage& stage, std::int64_t index, const WinogradMemory& memory) {
  if (!stage.keeps_inputs) {
    const std::int64_t out = index % stage.out_pieces() * kOutsAtOnce;
    const std::int64_t group = index / stage.out_pieces();
    return transform_filters<kTile>(
        stage, group, {out, std::min(out + kOutsAtOnce, stage.sum.outs)}, {0, stage.sum.ins},
        memory,
        memory.kept + group * stage.filters_of_group() + out * stage.points() * stage.sum.ins);
  }
  const std::int64_t first = index % stage.channel_pieces() * kChannelsAtOnce;
  index /= stage.channel_pieces();
  transform_block<kTile>(stage, index / stage.tile_blocks(), index % stage.tile_blocks(),
                         {first, std::min(first + kChannelsAtOnce, stage.sum.ins)}, memory,
                         memory.kept + index * stage.input_elements(), lines_of(stage, memory));
}

// All tiles for some outputs of a group. Channels are split where there is one block of tiles.
template <int kTile>
void multiply_kept(const WinogradStage& stage, std::int64_t group, const Range& outs,
                   const WinogradMemory& memory) {
  for (std::int64_t block = 0; block < stage.tile_blocks(); ++block) {
    const float* inputs =
        memory.kept + (group * stage.tile_blocks() + block) * stage.input_elements();
    const Products<kTile> products(stage, group, block, inputs, memory);
    for (std::int64_t b = 0; b < stage.sum.ins; b += stage.ins_at_once) {
      const Range ins{b, std::min(b + stage.ins_at_once, stage.sum.ins)};
      if (block == 0) transform_filters<kTile>(stage, group, outs, ins, memory, memory.buffer);
      products.multiply(ins, outs.size(), memory.buffer);
    }
    products.finish(outs);
  }
}

// All tiles for some outputs of a group, or, where filters are kept, a block of tiles.
template <int kTile>
void task(const WinogradStage& stage, std::int64_t index, const WinogradMemory& memory) {
  const std::int64_t first = index % stage.out_tasks() * stage.outs_per_task;
  index /= stage.out_tasks();
  const Range outs{first, std::min(first + stage.outs_per_task, stage.sum.outs)};
  if (stage.keeps_inputs) {
    return multiply_kept<kTile>(stage, index, outs, memory);
  }
  const std::int64_t group = index / stage.tile_blocks(), block = index % stage.tile_blocks();
  transform_block<kTile>(stage, group, block, {0, stage.sum.ins}, memory, memory.buffer,
                         lines_of(stage, memory));
  const float* filters = memory.kept + group * stage.filters_of_group();
  const Products<kTile> products(stage, group, block, memory.buffer, memory);
  for (std::int64_t out = outs.begin; out < outs.end; out += kOutsAtOnce) {
    products.run({out, std::min(out + kOutsAtOnce, outs.end)},
                 filters + out * stage.points() * stage.sum.ins);
  }
}

void piece_any(const WinogradStage& stage, std::int64_t index, const WinogradMemory& memory) {
  return stage.tile == 2 ? piece<2>(stage, index, memory) : piece<4>(stage, index, memory);
}
void task_any(const WinogradStage& stage, std::int64_t index, const WinogradMemory& memory) {
  return stage.tile == 2 ? task<2>(stage, index, memory) : task<4>(stage, index, memory);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::winograd
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convcheck::cpu::winograd {

HWY_EXPORT(piece_any);
HWY_EXPORT(task_any);

void transform_piece(const WinogradStage& stage, std::int64_t piece, const WinogradMemory& memory) {
  HWY_DYNAMIC_DISPATCH(piece_any)(stage, piece, memory);
}

void run_winograd_task(const WinogradStage& stage, std::int64_t index,
                       const WinogradMemory& memory) {
  HWY_DYNAMIC_DISPATCH(task_any)(stage, index, memory);
}

}  // namespace convcheck::cpu::winograd
#endif  // HWY_ONCE
