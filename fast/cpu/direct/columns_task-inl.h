// Tiles whose columns are gathered from the images, or read where they are. Included once for every
// instruction set.
#if defined(CONVCHECK_DIRECT_COLUMNS_TASK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_COLUMNS_TASK_INL_H
#undef CONVCHECK_DIRECT_COLUMNS_TASK_INL_H
#else
#define CONVCHECK_DIRECT_COLUMNS_TASK_INL_H
#endif

#include "fast/cpu/direct/columns-inl.h"
#include "fast/cpu/direct/filters.h"
#include "fast/cpu/direct/outputs-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

template <class E>
Images<E> input_images(const Stage& stage, const ForwardMemory& memory, std::int64_t group) {
  return {.data = static_cast<const E*>(memory.in) + stage.sum.in.at +
                  (stage.group + group) * stage.sum.in.group,
          .image = stage.sum.in.major,
          .channel = stage.sum.in.minor,
          .channels = stage.sum.ins,
          .channels_at_once = stage.ins_at_once,
          .axes = stage.sum.axes};
}

// Where a tile's shared columns are.
template <class E>
Accumulator<E>* shared_columns(const Stage& stage, std::int64_t group, std::int64_t tile,
                               const ForwardMemory& memory) {
  return static_cast<Accumulator<E>*>(memory.columns) + stage.columns_at +
         (group * stage.tiles() + tile) * stage.columns_of_tile();
}

template <class E>
void gather_task(const Stage& stage, std::int64_t index, const ForwardMemory& memory) {
  const Range rows = stage.rows_of_block(index % stage.in_blocks());
  const std::int64_t tile = index / stage.in_blocks() % stage.tiles();
  const std::int64_t group = index / stage.in_blocks() / stage.tiles();
  const Range positions = stage.tile(tile);
  Runs<kMostWidth> runs;
  runs.assign(stage.sum.axes, positions.begin, positions.end);
  const std::int64_t lanes = stage.shape.lanes;
  Accumulator<E>* to = shared_columns<E>(stage, group, tile, memory) + rows.begin * stage.width();
  gather_rows<E>(input_images<E>(stage, memory, group), runs.all(), rows.begin, rows.end,
                 {to, stage.width(), ceil_div(positions.size(), lanes) * lanes});
}

// A few tiles of positions at a time, over all images; their rows are gathered side by side, or
// read where they are.
template <class E>
class Columns {
 public:
  using T = Accumulator<E>;

  Columns(const Stage& stage, std::int64_t group, Range outs, const ForwardMemory& memory)
      : stage_(stage),
        memory_(memory),
        group_(group),
        outs_(outs),
        rows_at_once_(stage.rows_at_once()),
        images_(input_images<E>(stage, memory, group)),
        panels_(static_cast<T*>(memory.buffer) + stage.sums_elements()),
        outputs_(stage, memory, group, outs, static_cast<T*>(memory.buffer)) {
    for (std::int64_t r = 0; r < rows_at_once_; ++r) {
      offsets_[r] = r * pitch();
      channels_[r] = r * images_.channel;
    }
  }

  bool full() const { return outputs_.full(); }

  void add(std::int64_t index) {
    const Range tile = stage_.tile(index);
    const std::int64_t lanes = stage_.shape.lanes;
    if (outputs_.count() == 0) positions_.begin = tile.begin;
    positions_.end = tile.end;
    outputs_.next().assign(stage_.sum.axes, tile.begin, tile.end);
    if constexpr (std::is_same_v<E, T>) {
      const std::span<const Run> runs = outputs_.next().all();
      if (stage_.reads_in_place && tile.size() >= lanes &&
          Outputs<E>::is_one_run(runs, tile.size() / lanes * lanes)) {
        const Run& run = runs[0];
        const std::array<Axis, 3>& axes = stage_.sum.axes;
        const T* at = images_.data + run.image * images_.image + run.q0 * axes[0].in +
                      run.q1 * axes[1].in + run.q2;
        return outputs_.add(tile.size() / lanes, at, channels_.data(), images_.channel);
      }
    }
    const std::int64_t vectors = ceil_div(tile.size(), lanes);
    if (stage_.shares_columns) {
      const T* at = shared_columns<E>(stage_, group_, index, memory_);
      return outputs_.add(vectors, at, offsets_.data(), pitch());
    }
    outputs_.add(vectors, panel(outputs_.count()), offsets_.data());
  }

  void run() {
    const std::int64_t rows = stage_.sum.rows();
    if (!stage_.reads_in_place) all_.assign(stage_.sum.axes, positions_.begin, positions_.end);
    if (rows == 0) outputs_.multiply({}, {}, 0);
    for (std::int64_t block = 0; block < stage_.in_blocks(); ++block) {
      const Range of_block = stage_.rows_of_block(block);
      if (stage_.packs_filters) pack(of_block);
      stage_.for_each_piece(of_block, [&](const Range& piece) {
        const Range wanted = outputs_.wanted(of_block, piece);
        gather(wanted.begin, wanted.end);
        piece.end < rows ? fetch_next(piece.end, positions_.begin) : fetch_next(0, positions_.end);
        outputs_.multiply(of_block, piece, wanted.begin);
      });
    }
    outputs_.finish();
  }

 private:
  static constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(T));

  std::int64_t pitch() const {
    return stage_.shares_columns ? stage_.width() : stage_.tiles_at_once() * stage_.width();
  }
  T* panel(std::int64_t tile) const { return panels_ + tile * stage_.width(); }

  void pack(const Range& rows) {
    T* const packed = panels_ + (stage_.shares_columns ? 0 : rows_at_once_ * pitch());
    pack_block(stage_, {group_, outs_, rows}, memory_.type, memory_.weights, packed);
    outputs_.use_filters(packed, rows.begin);
  }

  // All tiles at once, or of those in place the ones that are not.
  void gather(std::int64_t row, std::int64_t end) {
    if (stage_.shares_columns || row == end) return;
    const std::int64_t lanes = stage_.shape.lanes, last = outputs_.count() - 1;
    if (!stage_.reads_in_place) {
      const std::int64_t width = last * stage_.width() + outputs_.vectors(last) * lanes;
      return gather_rows<E>(images_, all_.all(), row, end, {panels_, pitch(), width});
    }
    for (std::int64_t t = 0; t <= last; ++t) {
      if (outputs_.reads_in_place(t)) continue;
      gather_rows<E>(images_, outputs_.runs(t), row, end,
                     {panel(t), pitch(), outputs_.vectors(t) * lanes});
    }
  }

  // Columns that are rows of the images, each of which stands far from the one before: the tiles
  // from `position` on, from `row` on.
  void fetch_next(std::int64_t row, std::int64_t position) {
    if (stage_.shares_columns) return;
    if constexpr (std::is_same_v<E, T>) {
      const std::array<Axis, 3>& axes = stage_.sum.axes;
      const bool rows_of_images =
          axes[0].plain() && axes[1].plain() && axes[2].plain() && axes[2].in == 1;
      if (!rows_of_images || position >= stage_.positions()) return;
      Runs<1> first;
      first.assign(axes, position, position + 1);
      const Run& run = first.all()[0];
      outputs_.fetch({.from = images_.data + run.image * images_.image + run.q0 * axes[0].in +
                              run.q1 * axes[1].in + run.q2 + row * images_.channel,
                      .step = images_.channel,
                      .count = std::min(rows_at_once_, stage_.sum.rows() - row),
                      .next = kLine,
                      .times = pitch() / kLine + 1});
    }
  }

  const Stage& stage_;
  const ForwardMemory& memory_;
  std::int64_t group_;
  Range outs_;
  std::int64_t rows_at_once_;
  Images<E> images_;
  T* panels_;
  std::array<std::int64_t, kMostRowsAtOnce> offsets_, channels_;
  Range positions_;
  Runs<kMostTilesAtOnce * kMostWidth> all_;
  Outputs<E> outputs_;
};

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
