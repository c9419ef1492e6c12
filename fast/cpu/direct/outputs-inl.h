// Where the sums of a tile go. Included once for every instruction set.
#if defined(CONVCHECK_DIRECT_OUTPUTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_OUTPUTS_INL_H
#undef CONVCHECK_DIRECT_OUTPUTS_INL_H
#else
#define CONVCHECK_DIRECT_OUTPUTS_INL_H
#endif

#include <type_traits>

#include "fast/cpu/direct/copy-inl.h"
#include "fast/cpu/direct/forward.h"
#include "fast/cpu/direct/runs.h"
#include "fast/cpu/direct/tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

// Some outputs of one group, computed with packed filters a few tiles at a time, so that the panels
// of filters serve all of them from the second cache.
template <class E>
class Outputs {
 public:
  using T = Accumulator<E>;
  static constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(T));

  // `sums` has room for Stage::sums_elements().
  Outputs(const Stage& stage, const ForwardMemory& memory, std::int64_t group, Range outs, T* sums)
      : stage_(stage),
        outs_(outs),
        data_(static_cast<E*>(memory.out) + stage.sum.out.at +
              (stage.group + group) * stage.sum.out.group +
              (stage.out + outs.begin) * stage.sum.out.minor),
        filters_(static_cast<const T*>(memory.filters) + stage.filters_at +
                 group * stage.filters_of_group()),
        weights_(static_cast<const E*>(memory.weights) + stage.sum.w.at +
                 (stage.group + group) * stage.sum.w.group +
                 (stage.out + outs.begin) * stage.sum.w.major),
        weight_offsets_(memory.offsets + stage.offsets_at + stage.sum.rows()),
        sums_(sums) {}

  // Another tile: the positions that are wanted of it, at most Stage::width(); then where it is, in
  // whole vectors: row r of the rows that are multiplied next at b + offsets[r], and, if it moves
  // on with the rows, row_step further for each that was before them.
  Runs<kMostWidth>& next() { return tiles_[count_].runs; }
  void add(std::int64_t vectors, const T* b, const std::int64_t* offsets,
           std::int64_t row_step = 0) {
    Tile& tile = tiles_[count_++];
    tile.b = b;
    tile.offsets = offsets;
    tile.row_step = row_step;
    tile.vectors = static_cast<int>(vectors);
    tile.in_place = std::is_same_v<E, T> && stage_.sum.axes[2].out == 1 &&
                    is_one_run(tile.runs.all(), vectors * stage_.shape.lanes);
    tile.taps = taps_of(stage_.sum.axes[0], tile.runs.all());
    tile.added = false;
  }
  static bool is_one_run(std::span<const Run> runs, std::int64_t length) {
    return runs.size() == 1 && runs[0].at == 0 && runs[0].length == length;
  }
  bool full() const { return count_ == stage_.tiles_at_once(); }
  std::int64_t count() const { return count_; }
  std::int64_t vectors(std::int64_t tile) const { return tiles_[tile].vectors; }
  bool reads_in_place(std::int64_t tile) const { return tiles_[tile].row_step != 0; }
  std::span<const Run> runs(std::int64_t tile) const { return tiles_[tile].runs.all(); }

  // While rows are multiplied, lines that others need later are brought near: `times` times `count`
  // of them, which are `step` elements apart, each time `next` further; the same `more` times
  // again, `far` elements on.
  struct Fetch {
    const T* from = nullptr;
    std::int64_t step = 0, count = 0, next = 0, times = 0;
    std::int64_t far = 0, more = 0;
  };
  void fetch(const Fetch& fetch) {
    fetch_ = fetch;
    fetched_ = 0;
    fetched_times_ = 0;
  }

  // The filters of these outputs alone, from row `first` on, instead of the stage's.
  void use_filters(const T* packed, std::int64_t first) {
    own_filters_ = packed;
    own_first_ = first;
  }

  // Of a piece of a block's rows those that some tile needs.
  Range wanted(const Range& block, const Range& piece) const {
    Range all{piece.end, piece.begin};
    for (std::int64_t t = 0; t < count_; ++t) {
      const Range part = part_of(tiles_[t], block, piece);
      if (part.size() <= 0) continue;
      all.begin = std::min(all.begin, part.begin);
      all.end = std::max(all.end, part.end);
    }
    return all.size() > 0 ? all : Range{piece.begin, piece.begin};
  }

  // Adds a piece of a block's rows, in which taps of the first axis are slowest; every tile those
  // rows that it needs. A tile's offsets that do not move on are those from row `origin` on.
  void multiply(const Range& block, const Range& piece, std::int64_t origin) {
    const bool last = piece.end == stage_.sum.rows();
    if (stage_.filters_in_place) fetch_next_filters(piece.end);
    for (std::int64_t t = 0; t < count_; ++t) {
      Tile& tile = tiles_[t];
      const Range part = part_of(tile, block, piece);
      if (part.size() == 0 && !last) continue;
      if (stage_.shares_columns) fetch_next_rows(tile, piece.end);
      TileCall<T> call{.rows = part.size(),
                       .b = tile.b + part.begin * tile.row_step,
                       .offsets = tile.offsets + (tile.row_step != 0 ? 0 : part.begin - origin),
                       .c = sums(t),
                       .c_stride = stage_.width(),
                       .add = tile.added,
                       .a_offsets = weight_offsets_ + part.begin,
                       .a_stride = stage_.sum.w.major};
      tile.added = true;
      if constexpr (std::is_same_v<E, T>) {
        // Only the last rows' sums: home is often far from the caches, and its rows have few places
        // in them.
        if (tile.in_place && last) {
          call.from = call.c;
          call.from_stride = call.c_stride;
          call.c = data_ + offset(runs(t)[0]);
          call.c_stride = stage_.sum.out.minor;
        }
      }
      multiply_panels(tile, piece, part.begin - piece.begin, call);
    }
  }

  // Brings the tiles home, rounded to the type of the outputs, and begins anew.
  void finish() {
    for (std::int64_t t = 0; t < count_; ++t) {
      if (!tiles_[t].in_place) store(runs(t), sums(t));
    }
    count_ = 0;
  }

 private:
  struct Tile {
    Runs<kMostWidth> runs;
    int vectors;
    bool in_place;
    const T* b;
    const std::int64_t* offsets;
    std::int64_t row_step;
    Range taps;  // of the first axis: others meet only padding here
    bool added;
  };

  Range part_of(const Tile& tile, const Range& block, const Range& piece) const {
    if (stage_.sum.axes[0].taps <= 1) return piece;
    const std::int64_t of_tap = block.size() / stage_.sum.axes[0].taps;
    const std::int64_t begin = std::max(piece.begin, block.begin + tile.taps.begin * of_tap);
    const std::int64_t end = std::min(piece.end, block.begin + tile.taps.end * of_tap);
    return begin < end ? Range{begin, end} : Range{piece.begin, piece.begin};
  }

  // From the piece's row `first` on.
  void multiply_panels(const Tile& tile, const Range& piece, std::int64_t first,
                       TileCall<T>& call) {
    const T* filters = own_filters_ == nullptr
                           ? filters_ + piece.begin * stage_.outs + outs_.begin * piece.size()
                           : own_filters_ + (piece.begin - own_first_) * outs_.size();
    for_each_panel(outs_.size(), stage_.shape.filters, [&](std::int64_t out, std::int64_t height) {
      if (stage_.filters_in_place) {
        multiply_in_place(tile, out, height, call);
      } else if (call.a = filters + first * height;
                 fetch_.times > 0 && can_fetch(height, tile.vectors)) {
        fetch_some(call);
        multiply_and_fetch(call);
      } else {
        tile_function<T>(static_cast<int>(height), tile.vectors)(call);
      }
      filters += height * piece.size();
      call.c += height * call.c_stride;
      if (call.from != nullptr) call.from += height * call.from_stride;
    });
  }

  void multiply_in_place(const Tile& tile, std::int64_t out, std::int64_t height,
                         TileCall<T>& call) {
    if constexpr (std::is_same_v<E, T>) {
      call.a = weights_ + out * call.a_stride;
      fetch_some(call);
      tile_function<T, Filters::InPlace>(static_cast<int>(height), tile.vectors)(call);
    }
  }

  // Of filters in place what the rows of a piece from `row` on need.
  void fetch_next_filters(std::int64_t row) {
    if (row == stage_.sum.rows()) return fetch({});
    const std::int64_t numbers = std::min(stage_.rows_at_once(), stage_.sum.rows() - row);
    std::int64_t lowest = row;
    for (const Axis& axis : stage_.sum.axes) {
      lowest += std::min((axis.taps - 1) * axis.w, std::int64_t{0});
    }
    if constexpr (std::is_same_v<E, T>) {
      fetch({.from = weights_ + lowest,
             .step = stage_.sum.w.major,
             .count = outs_.size(),
             .next = kLine,
             .times = numbers / kLine + 1});
    }
  }

  // Of a tile whose rows stand one behind the other.
  void fetch_next_rows(const Tile& tile, std::int64_t row) {
    if (row == stage_.sum.rows()) return fetch({});
    const std::int64_t rows = std::min(stage_.rows_at_once(), stage_.sum.rows() - row);
    fetch({.from = tile.b + row * tile.row_step,
           .step = kLine,
           .count = rows * tile.row_step / kLine,
           .times = 1});
  }

  // One line for every row.
  void fetch_some(TileCall<T>& call) {
    if (fetch_.times == 0) {
      call.ahead = call.a;
      call.ahead_rows = 0;
      return;
    }
    call.ahead = fetch_.from + fetched_ * fetch_.step;
    call.ahead_step = fetch_.step;
    call.ahead_rows = std::min(call.rows, fetch_.count - fetched_);
    fetched_ += call.ahead_rows;
    if (fetched_ < fetch_.count) return;
    fetched_ = 0;
    fetch_.from += fetch_.next;
    if (++fetched_times_ < fetch_.times) return;
    fetched_times_ = 0;
    fetch_.from += fetch_.far - fetch_.times * fetch_.next;
    if (fetch_.more-- == 0) fetch_.times = 0;
  }

  T* sums(std::int64_t tile) const { return sums_ + tile * outs_.size() * stage_.width(); }

  void store(std::span<const Run> runs, const T* sums) const {
    for (const Run& run : runs) {
      E* to = data_ + offset(run);
      const T* from = sums + run.at;
      if constexpr (std::is_same_v<E, T>) {
        if (stage_.sum.axes[2].out == 1) {
          const Span span{.length = run.length, .lo = 0, .hi = run.length, .stride = 1};
          copy_rows<E>({from, stage_.width(), outs_.size(), to, stage_.sum.out.minor}, span);
          continue;
        }
      }
      store_strided(run.length, from, to);
    }
  }

  std::int64_t offset(const Run& run) const {
    const std::array<Axis, 3>& axes = stage_.sum.axes;
    return run.image * stage_.sum.out.major + run.q0 * axes[0].out + run.q1 * axes[1].out +
           run.q2 * axes[2].out;
  }

  void store_strided(std::int64_t length, const T* from, E* to) const {
    const std::int64_t stride = stage_.sum.axes[2].out;
    for (std::int64_t a = 0; a < outs_.size(); ++a) {
      for (std::int64_t i = 0; i < length; ++i) to[i * stride] = narrow<E>(from[i]);
      to += stage_.sum.out.minor;
      from += stage_.width();
    }
  }

  const Stage& stage_;
  Range outs_;
  E* data_;
  const T* filters_;
  const E* weights_;  // the first of these outputs' filters where the caller has them
  const std::int64_t* weight_offsets_;
  const T* own_filters_ = nullptr;
  std::int64_t own_first_ = 0;
  T* sums_;
  std::array<Tile, kMostTilesAtOnce> tiles_;
  Fetch fetch_;
  std::int64_t fetched_ = 0, fetched_times_ = 0;
  std::int64_t count_ = 0;
};

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
