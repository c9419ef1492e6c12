#include <algorithm>

#include "fast/cpu/direct/forward.h"

namespace convcheck::cpu::direct {
namespace {

constexpr std::int64_t kTasks = 16;        // enough for a few threads to end at about the same time
constexpr std::int64_t kMostTiles = 16;    // of a task
constexpr std::int64_t kMostOuts = 256;    // of a task, whose sums are kept for a tile
constexpr std::int64_t kLeastOuts = 32;    // columns are gathered again for every task's outputs
constexpr std::int64_t kSharingTasks = 4;  // fewer gather in less time than memory takes
// More repay the copy: rows of images are often a multiple of many lines apart, so that they have
// few places in the first cache.
constexpr std::int64_t kInPlaceOuts = 24,
                       kInPlaceOutsOfLines = 96;  // the latter: vectors are lines
constexpr std::int64_t kInPlaceFilters = 64;
constexpr std::int64_t kFewOuts = 2;  // of a group, to be computed one at a time
// Of the first cache, for a tile's rows; those of a slab are scattered over its places.
constexpr std::int64_t kTileBytes = 16 << 10, kSlabTileBytes = 8 << 10;
// Also of the first, for a panel's filters while they are packed: a block of channels.
constexpr std::int64_t kFilterBytes = 24 << 10, kLeastIns = 16;
constexpr std::int64_t kPanelBytes = 256 << 10;      // of the second
constexpr std::int64_t kOwnFilterBytes = 512 << 10;  // of a task that packs its filters itself
constexpr std::int64_t kSlabBytes = 384 << 10;       // well inside the second cache
constexpr std::int64_t kSlabOfRowsBytes = 448 << 10;

// Cycles, in units of one multiplication of vectors, measured on Zen 4 in the first cache.
constexpr double kGather = 7;     // a vector of a gathered row
constexpr double kCopy = 4;       // a vector of a slab
constexpr double kElement = 1.2;  // an element of either that is not copied by vectors
constexpr double kStore = 3;      // a vector of sums that does not go home directly
constexpr double kPack = 2.5;     // a number of filters that are larger than the caches

// Whether vectors can be copied.
bool is_dense(const Stage& stage, DataType type) {
  const bool same = type == DataType::F32 || type == DataType::F64;
  return same && stage.sum.axes[2].in * stage.sum.axes[2].step == 1;
}

double columns_cost(const Stage& stage, DataType type) {
  const auto lanes = static_cast<double>(stage.shape.lanes);
  const double gather = is_dense(stage, type) ? kGather : kElement * lanes;
  return static_cast<double>(stage.sum.positions()) / lanes *
         static_cast<double>(stage.sum.rows()) * (static_cast<double>(stage.outs) + gather);
}

double slab_cost(const Stage& stage, DataType type) {
  const auto lanes = static_cast<double>(stage.shape.lanes);
  const double copy = is_dense(stage, type) ? kCopy : kElement * lanes;
  const auto outs = static_cast<double>(stage.outs), rows = static_cast<double>(stage.sum.rows());
  const Slab& slab = stage.slab;
  const auto vectors =
      static_cast<double>(ceil_div(slab.positions(slab.axes[slab.cut].count), stage.shape.lanes));
  return static_cast<double>(slab.blocks(stage.sum)) *
         (vectors * outs * (rows + kStore) +
          static_cast<double>(stage.sum.ins * slab.channel()) / lanes * copy);
}

}  // namespace

void Stage::choose_source(DataType type) {
  const std::int64_t bytes = type == DataType::F64 ? 8 : 4;
  const std::int64_t in_place_outs = shape.lanes * bytes < 64 ? kInPlaceOuts : kInPlaceOutsOfLines;
  const bool whole_type = type == DataType::F32 || type == DataType::F64;
  slab = Slab(sum, kSlabBytes / bytes);
  slab.share_padding(sum);
  reads_in_place = whole_type && sum.axes[0].plain() && sum.axes[1].plain() &&
                   sum.axes[2].plain() && sum.axes[2].in == 1 && outs <= in_place_outs &&
                   sum.axes[2].count >= 2 * shape.lanes;
  from_slab = sum.taps() > 1 && !reads_in_place &&
              sum.ins * slab.channel() <= 2 * kSlabBytes / bytes &&
              slab_cost(*this, type) < columns_cost(*this, type);
  choose_rows_of_slab(type);
  by_rows = from_slab && whole_type && outs <= kFewOuts && sum.axes[2].out == 1;
  choose_filters_in_place(type);
  const std::int64_t of_channel = shape.filters * std::max<std::int64_t>(sum.taps(), 1) * bytes;
  const std::int64_t fitting = std::max(kFilterBytes / of_channel, kLeastIns);
  ins_at_once = from_slab ? sum.ins : Partition::even(sum.ins, std::min(fitting, sum.ins)).block;
}

// A position of the first axis that is too large for a slab is cut into rows, so many that vectors
// are full and few are copied twice.
void Stage::choose_rows_of_slab(DataType type) {
  const std::int64_t bytes = type == DataType::F64 ? 8 : 4;
  if (from_slab || reads_in_place || slab.cut != 0 || sum.axes[1].count == 1) return;
  const Slab before = slab;
  double least = columns_cost(*this, type);
  for (std::int64_t rows = 2; rows < sum.axes[1].count; ++rows) {
    const Slab best = slab;
    slab.cut_rows(Partition::even(sum.axes[1].count, rows).block);
    const double cost = slab_cost(*this, type);
    if (sum.ins * slab.channel() <= kSlabOfRowsBytes / bytes && cost < least) {
      least = cost;
      from_slab = true;
    } else {
      slab = best;
    }
  }
  if (!from_slab) slab = before;
}

// Where one block has all positions every filter is needed there alone. Fewer filters at a time
// have tiles as wide as the outputs of one position of the first axis.
void Stage::choose_filters_in_place(DataType type) {
  const bool whole_type = type == DataType::F32 || type == DataType::F64;
  const std::int64_t bytes = type == DataType::F64 ? 8 : 4;
  if (!whole_type || reads_in_place || by_rows || sum.taps() <= 1 || sum.w.minor != sum.taps() ||
      outs < kInPlaceFilters || sum.images > 1) {
    return;
  }
  const Slab before = slab;
  slab = Slab(sum, 2 * kSlabBytes / bytes);
  slab.share_padding(sum);
  const double packing = kPack * static_cast<double>(outs * sum.rows());
  filters_in_place = slab.blocks(sum) == 1 && sum.ins * slab.channel() <= 2 * kSlabBytes / bytes &&
                     slab_cost(*this, type) < columns_cost(*this, type) + packing;
  if (!filters_in_place) {
    slab = before;
    return;
  }
  from_slab = true;
  if (shape.few_filters * shape.vectors_of_few < shape.filters * shape.vectors) return;
  const std::int64_t plane = (slab.axes[1].count - 1) * slab.axes[2].length() + slab.axes[2].count;
  shape.filters = shape.few_filters;
  shape.vectors = Partition::even(ceil_div(plane, shape.lanes), shape.vectors_of_few).block;
}

std::int64_t Stage::rows_at_once() const {
  if (!from_slab) {
    // Tiles stand side by side, so that a line may be of two.
    const std::int64_t fitting = kTileBytes / (width() * shape.bytes + 32);
    const std::int64_t most = std::clamp<std::int64_t>(fitting, 1, kMostRowsAtOnce);
    // Whole pieces of each tap of the first axis: some tiles need only some of them.
    const std::int64_t of_tap = block_rows() / std::max<std::int64_t>(sum.axes[0].taps, 1);
    if (sum.axes[0].taps > 1 && of_tap >= most) return Partition::even(of_tap, most).block;
    return block_rows() > most ? Partition::even(block_rows(), most).block : most;
  }
  if (by_rows) return sum.rows();
  // A tile's row of one channel, and what the taps reach beyond it.
  const std::int64_t row_bytes = width() * shape.bytes + 64;
  const std::int64_t channel_bytes =
      std::min(sum.axes[0].taps * sum.axes[1].taps * row_bytes, slab.channel() * shape.bytes);
  const std::int64_t fitting = std::min(kSlabTileBytes / channel_bytes,
                                        kPanelBytes / (outs_per_task * sum.taps() * shape.bytes));
  return Partition::even(sum.ins, std::clamp<std::int64_t>(fitting, 1, sum.ins)).block * sum.taps();
}

Range Stage::tile(std::int64_t index) const {
  if (!reads_in_place) {
    return {index * width(), std::min((index + 1) * width(), positions())};
  }
  const std::int64_t image = index / tiles_of_image() * sum.positions();
  const std::int64_t begin = index % tiles_of_image() * width();
  if (begin >= whole_positions()) return {image + whole_positions(), image + sum.positions()};
  return {image + begin, image + std::min(begin + width(), whole_positions())};
}

// Columns that several tasks need are gathered before, if there is room for them; filters that only
// one task needs are packed there, where they stay in the second cache.
void Stage::choose_sharing(std::int64_t most_shared) {
  if (from_slab || reads_in_place) return;
  shares_columns = out_tasks() >= kSharingTasks &&
                   groups * tiles() * columns_of_tile() * shape.bytes <= most_shared;
  packs_filters = tiles() <= tiles_at_once() && position_tasks() == 1 &&
                  outs_per_task * block_rows() * shape.bytes <= kOwnFilterBytes;
}

void Stage::divide(DataType type, std::int64_t most_shared) {
  choose_source(type);
  if (from_slab && !filters_in_place && groups * sum.images * slab.blocks(sum) < kTasks) {
    const std::int64_t blocks = ceil_div(kTasks, groups * sum.images);
    SlabAxis& axis = slab.axes[slab.cut];
    const std::int64_t least = std::min(axis.count, std::max<std::int64_t>(4 * axis.span, 1));
    axis.count = std::clamp(ceil_div(sum.axes[slab.cut].count, blocks), least, axis.count);
  }
  // Few tiles: a few together, for each panel of filters to be read less often, and fewer outputs.
  std::int64_t whole = groups * (from_slab ? sum.images * slab.blocks(sum) : tiles());
  const bool all_at_once =
      !from_slab && whole <= kMostTilesAtOnce && outs >= kTasks / 2 * kLeastOuts;
  const bool by_outs =
      whole * ceil_div(outs, 2 * kLeastOuts) >= kTilesAtOnce * kTasks || all_at_once;
  tiles_per_task = std::clamp<std::int64_t>(whole / kTasks, by_outs ? kTilesAtOnce : 1, kMostTiles);
  if (all_at_once) tiles_per_task = whole;
  tiles_per_task = Partition::even(tiles(), tiles_per_task).block;
  if (!from_slab) whole = groups * position_tasks();
  std::int64_t most = std::min(outs, kMostOuts);
  if (whole < kTasks) {
    const std::int64_t least = filters_in_place ? kInPlaceFilters : kLeastOuts;
    most = std::min(most, std::max(least, ceil_div(outs, ceil_div(kTasks, whole))));
  }
  outs_per_task = ceil_div(most, shape.filters) * shape.filters;
  choose_sharing(most_shared);
}

std::size_t Stage::worker_bytes(std::size_t bytes) const {
  std::int64_t elements = sums_elements();
  if (from_slab) elements += slab_elements();
  if (!from_slab && !shares_columns) elements += tiles_at_once() * rows_at_once() * width();
  if (packs_filters) elements += outs_per_task * block_rows();
  return (static_cast<std::size_t>(elements) * bytes + 63) / 64 * 64;
}

}  // namespace convcheck::cpu::direct
