// Matrices turned over: what stood in rows stands in columns. Included once for every instruction
// set.
#if defined(CONVCHECK_DIRECT_TURN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVCHECK_DIRECT_TURN_INL_H
#undef CONVCHECK_DIRECT_TURN_INL_H
#else
#define CONVCHECK_DIRECT_TURN_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "fast/cpu/direct/element.h"

HWY_BEFORE_NAMESPACE();
namespace convcheck::cpu::direct {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// to[c * to_column + r * to_row] = from[r * from_row + c * from_column]
template <class From, class To>
struct Turn {
  const From* from = nullptr;
  std::int64_t from_row = 0, from_column = 1, rows = 0, columns = 0;
  To* to = nullptr;
  std::int64_t to_row = 1, to_column = 0;
};

template <class From, class To>
void turn_singly(const Turn<From, To>& turn) {
  for (std::int64_t r = 0; r < turn.rows; ++r) {
    for (std::int64_t c = 0; c < turn.columns; ++c) {
      const From& from = turn.from[r * turn.from_row + c * turn.from_column];
      To& to = turn.to[c * turn.to_column + r * turn.to_row];
      if constexpr (std::is_same_v<To, Accumulator<From>>) {
        to = widen(from);
      } else {
        to = narrow<To>(from);
      }
    }
  }
}

#if HWY_TARGET != HWY_SCALAR
// Four numbers of every fourth row, one after the other.
template <class D>
hn::Vec<D> load_every_fourth(D d, const float* from, std::int64_t row) {
  if constexpr (hn::MaxLanes(d) > 4) {
    const hn::Half<D> half;
    const auto rows = static_cast<std::int64_t>(hn::Lanes(half));
    return hn::Combine(d, load_every_fourth(half, from + rows * row, row),
                       load_every_fourth(half, from, row));
  } else {
    return hn::LoadU(d, from);
  }
}

template <class D>
void store_every_fourth(D d, hn::Vec<D> value, float* to, std::int64_t row) {
  if constexpr (hn::MaxLanes(d) > 4) {
    const hn::Half<D> half;
    const auto rows = static_cast<std::int64_t>(hn::Lanes(half));
    store_every_fourth(half, hn::LowerHalf(half, value), to, row);
    store_every_fourth(half, hn::UpperHalf(half, value), to + rows * row, row);
  } else {
    hn::StoreU(value, d, to);
  }
}

// Turns 4 x 4 numbers in every block of 16 bytes.
template <class D, class V>
void turn_blocks(D d, V* rows) {
  const hn::Repartition<double, D> pairs;
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, rows[0], rows[1]));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, rows[2], rows[3]));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, rows[0], rows[1]));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, rows[2], rows[3]));
  rows[0] = hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23));
  rows[1] = hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23));
  rows[2] = hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23));
  rows[3] = hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23));
}

// A vector of rows of four columns: vectors are written.
template <class D>
void turn_to_vectors(D d, const float* from, std::int64_t from_row, float* to,
                     std::int64_t to_column) {
  hn::Vec<D> rows[4];
  HWY_UNROLL(4)
  for (int i = 0; i < 4; ++i) rows[i] = load_every_fourth(d, from + i * from_row, from_row);
  turn_blocks(d, rows);
  HWY_UNROLL(4)
  for (int i = 0; i < 4; ++i) hn::StoreU(rows[i], d, to + i * to_column);
}

// Four rows of a vector of columns: vectors are read.
template <class D>
void turn_from_vectors(D d, const float* from, std::int64_t from_row, float* to,
                       std::int64_t to_column) {
  hn::Vec<D> rows[4];
  HWY_UNROLL(4)
  for (int i = 0; i < 4; ++i) rows[i] = hn::LoadU(d, from + i * from_row);
  turn_blocks(d, rows);
  HWY_UNROLL(4)
  for (int i = 0; i < 4; ++i) store_every_fourth(d, rows[i], to + i * to_column, to_column);
}

// Columns that are written so far apart are on pages of their own: only four at a time.
inline constexpr std::int64_t kFarColumns = 4096;

// Vectors are on the side whose rows are nearer; on the other one lines of the caches are read or
// written as a whole, since they have few places there. The last block ends where the matrix ends:
// some numbers are copied twice.
template <class D>
void turn_by_vectors(D d, const Turn<float, float>& turn) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const bool to_vectors = turn.from_row > turn.to_column;
  if constexpr (hn::MaxLanes(d) > 4) {
    const bool far = !to_vectors && turn.to_column >= kFarColumns;
    if (far || (to_vectors ? turn.rows : turn.columns) < lanes) {
      return turn_by_vectors(hn::Half<D>(), turn);
    }
  }
  if (to_vectors) {
    for (std::int64_t row = 0; row < turn.rows; row += lanes) {
      const std::int64_t r = std::min(row, turn.rows - lanes);
      for (std::int64_t column = 0; column < turn.columns; column += 4) {
        const std::int64_t c = std::min(column, turn.columns - 4);
        turn_to_vectors(d, turn.from + r * turn.from_row + c, turn.from_row,
                        turn.to + c * turn.to_column + r, turn.to_column);
      }
    }
    return;
  }
  for (std::int64_t column = 0; column < turn.columns; column += lanes) {
    const std::int64_t c = std::min(column, turn.columns - lanes);
    for (std::int64_t row = 0; row < turn.rows; row += 4) {
      const std::int64_t r = std::min(row, turn.rows - 4);
      turn_from_vectors(d, turn.from + r * turn.from_row + c, turn.from_row,
                        turn.to + c * turn.to_column + r, turn.to_column);
    }
  }
}
#endif

template <class From, class To>
void turn(const Turn<From, To>& turn) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (std::is_same_v<From, float> && std::is_same_v<To, float>) {
    const bool blocks = turn.rows >= 4 && turn.columns >= 4;
    if (blocks && turn.from_column == 1 && turn.to_row == 1) {
      return turn_by_vectors(hn::ScalableTag<float>(), turn);
    }
  }
#endif
  turn_singly(turn);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
