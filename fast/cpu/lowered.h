// A convolution as products of the matrices W, Y and X (fast/cpu/corrmm.h says which).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "fast/cpu/blocks.h"
#include "fast/cpu/im2col.h"
#include "fast/cpu/matrix.h"
#include "reference/backend.h"

namespace convcheck::cpu {

// The matrix X of a group: the input itself where the only tap of every filter is dense and without
// padding, else the input's columns.
template <class T>
class ColumnMatrix {
 public:
  ColumnMatrix(const Images<T>& images, const std::optional<Matrix<T>>& itself)
      : images_(images), itself_(itself) {}

  bool in_place() const { return itself_ && itself_->in_place(); }
  Block<T> read(const Rect& rect, T* buffer) const;
  // Where to compute a block of the gradient of X. commit adds it to the images, which prepare has
  // set to zeros; or, where X is the input itself, they are just written.
  Block<T> target(const Rect& rect, T* buffer) const;
  void commit(const Rect& rect, const T* buffer) const;
  // `rect` is channels by images.
  void prepare(const Rect& rect) const;

 private:
  Images<T> images_;
  std::optional<Matrix<T>> itself_;
};

// The operands of one group and, for unshared filters, of one region.
template <class T>
struct Piece {
  Matrix<T> w, y;
  ColumnMatrix<T> x;
};

// The problem's axes as three, with the strides of the operands in elements. Axes that do nothing
// are left out; one-sized axes come first in their place, so that axes[first] is the outermost.
struct SpatialAxes {
  struct Axis {
    Window window;
    std::int64_t x = 0, y = 0, w = 0, region = 0;
  };
  std::array<Axis, 3> axes{};
  std::size_t first = 3;

  SpatialAxes(const ConvProblem& problem, const Operands& operands);
  const Window& outermost() const { return axes[first < 3 ? first : 2].window; }
};

// Inputs begin .. end - 1 along the outermost axis, and the positions (or regions) that read them.
struct Slab {
  Range inputs, positions;
};

template <class T>
class Lowered {
 public:
  // No operand is empty. `block_bytes` is the largest block of X.
  Lowered(const ConvProblem& problem, const Operands& operands, std::size_t block_bytes);

  Direction direction() const { return direction_; }
  bool unshared() const { return unshared_; }
  const Extents& extents() const { return extents_; }
  const Blocks& blocks() const { return blocks_; }
  Slab slab(std::int64_t index) const;

  // The matrices of group 0 and region 0.
  const Matrix<T>& w() const { return w_; }
  const Matrix<T>& y() const { return y_; }
  ColumnMatrix<T> x() const { return {images_, x_}; }
  // Those of any; of the input only `inputs` along the outermost axis exist.
  Piece<T> piece(std::int64_t group, std::int64_t region, const Range& inputs) const;
  Piece<T> piece(std::int64_t group, std::int64_t region) const {
    return piece(group, region, {0, spatial_.outermost().input});
  }

 private:
  Direction direction_;
  bool unshared_;
  SpatialAxes spatial_;
  Extents extents_;
  Blocks blocks_;
  std::int64_t w_group_, x_group_, y_group_;  // elements from group to group
  Matrix<T> w_, y_;
  Images<T> images_;
  std::optional<Matrix<T>> x_;
};

}  // namespace convcheck::cpu
