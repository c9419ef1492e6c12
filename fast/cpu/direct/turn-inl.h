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
void turn_singly(const Turn<From, To>& turn, std::int64_t row, std::int64_t row_end,
                 std::int64_t column, std::int64_t column_end) {
  for (std::int64_t r = row; r < row_end; ++r) {
    for (std::int64_t c = column; c < column_end; ++c) {
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
inline void turn_four(const Turn<float, float>& turn, std::int64_t r, std::int64_t c) {
  const hn::CappedTag<float, 4> d;
  const hn::CappedTag<double, 2> pairs;
  const float* from = turn.from + r * turn.from_row + c;
  float* to = turn.to + c * turn.to_column + r;
  const auto row0 = hn::LoadU(d, from), row1 = hn::LoadU(d, from + turn.from_row);
  const auto row2 = hn::LoadU(d, from + 2 * turn.from_row);
  const auto row3 = hn::LoadU(d, from + 3 * turn.from_row);
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, row0, row1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, row2, row3));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, row0, row1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, row2, row3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)), d, to + turn.to_column);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)), d,
             to + 2 * turn.to_column);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)), d,
             to + 3 * turn.to_column);
}

// Lines of the caches are read or written as a whole on the side whose rows are further apart: they
// have few places there.
inline void turn_by_four(const Turn<float, float>& turn) {
  const std::int64_t rows = turn.rows / 4 * 4, columns = turn.columns / 4 * 4;
  if (turn.from_row > turn.to_column) {
    for (std::int64_t r = 0; r < rows; r += 4) {
      for (std::int64_t c = 0; c < columns; c += 4) turn_four(turn, r, c);
    }
  } else {
    for (std::int64_t c = 0; c < columns; c += 4) {
      for (std::int64_t r = 0; r < rows; r += 4) turn_four(turn, r, c);
    }
  }
  turn_singly(turn, rows, turn.rows, 0, columns);
  turn_singly(turn, 0, turn.rows, columns, turn.columns);
}
#endif

template <class From, class To>
void turn(const Turn<From, To>& turn) {
#if HWY_TARGET != HWY_SCALAR
  if constexpr (std::is_same_v<From, float> && std::is_same_v<To, float>) {
    if (turn.from_column == 1 && turn.to_row == 1) return turn_by_four(turn);
  }
#endif
  turn_singly(turn, 0, turn.rows, 0, turn.columns);
}

}  // namespace HWY_NAMESPACE
}  // namespace convcheck::cpu::direct
HWY_AFTER_NAMESPACE();

#endif
