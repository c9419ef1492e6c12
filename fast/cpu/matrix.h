// Operands as matrices of any strides, read and written a block at a time.
#pragma once

#include <array>
#include <cstdint>

#include "fast/cpu/gemm.h"

namespace convcheck::cpu {

// Rows row .. row + rows - 1 and columns column .. column + columns - 1.
struct Rect {
  std::int64_t row = 0, rows = 0, column = 0, columns = 0;
};

// The columns of a matrix run over up to four axes of a tensor, the last fastest. Neighbouring axes
// that are one in memory become one.
class Lanes {
 public:
  // Appends an axis inside the present ones.
  void append(std::int64_t extent, std::int64_t stride);

  std::int64_t size() const;
  // Columns that are evenly spaced: those that begin at a multiple of `run()`, stride() apart.
  std::int64_t run() const { return axes_[count_ - 1].extent; }
  std::int64_t stride() const { return axes_[count_ - 1].stride; }
  std::int64_t offset(std::int64_t column) const;

  // Calls visit(offset, length) for the runs of the columns first .. first + count - 1, in order.
  template <class Visit>
  void for_each_run(std::int64_t first, std::int64_t count, const Visit& visit) const {
    while (count > 0) {
      const std::int64_t length = std::min(run() - first % run(), count);
      visit(offset(first), length);
      first += length;
      count -= length;
    }
  }

 private:
  struct Axis {
    std::int64_t extent = 1, stride = 1;
  };
  std::array<Axis, 4> axes_{};
  std::size_t count_ = 1;
};

// A matrix in somebody's memory.
template <class T>
class Matrix {
 public:
  // Blocks never cross a multiple of `unit` columns, or they are whole multiples of it.
  Matrix(T* data, std::int64_t rows, std::int64_t row_stride, const Lanes& columns,
         std::int64_t unit);

  // True if BLAS addresses blocks where they are; then no buffer is needed. Otherwise a block's
  // buffer has rows times columns elements.
  bool in_place() const { return in_place_; }
  Matrix shifted(std::int64_t elements) const;

  // The block, gathered into `buffer` unless it is in place.
  Block<T> read(const Rect& rect, T* buffer) const;
  // Where to compute the block, and then to bring it home.
  Block<T> target(const Rect& rect, T* buffer) const;
  void commit(const Rect& rect, const T* buffer) const {
    if (!in_place_) write(rect, buffer);
  }
  // Copies rows times columns elements to the block, in place or not.
  void write(const Rect& rect, const T* buffer) const;

 private:
  T* data_;
  std::int64_t row_stride_;
  Lanes columns_;
  bool in_place_;
};

}  // namespace convcheck::cpu
