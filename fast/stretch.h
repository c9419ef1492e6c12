// One step of a bilinear upsampling: images stretched along an axis or two by a transposed
// convolution, and the adjoint.
//
// Internal to fast/bilinear.h, which says what the numbers are. Images are host tensors (n, 1,
// rows, columns).
#pragma once

#include <array>
#include <cstdint>

#include "fast/dispatch.h"
#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck::stretching {

inline constexpr std::size_t kRows = 2, kColumns = 3;  // axes of (n, c, rows, columns)

// The elements begin, begin + step, ... of one axis.
struct Range {
  std::int64_t begin, count, step = 1;
};

TensorView slice(const TensorView& from, std::size_t axis, const Range& range);

// What one transposed convolution does to an axis: makes it `factor` times as long, of which every
// `step`-th element is kept. Left alone: nothing, not even edges.
struct Stretch {
  std::int64_t factor = 1, step = 1;
  bool left_alone = true;

  // Extents after it, from >= 1: all elements, and those kept.
  std::int64_t full_extent(std::int64_t from) const { return from * factor; }
  std::int64_t extent(std::int64_t from) const { return (from * factor - 1) / step + 1; }
  // The axis of the convolution whose transpose stretches.
  Window window(std::int64_t from) const;
};

using Pass = std::array<Stretch, 2>;  // rows, columns

// Images (n, 1, rows, columns) of `shape` after the pass, every element of it or those that are
// kept.
Shape full_shape(const Pass& pass, const Shape& shape);
Shape shape_after(const Pass& pass, const Shape& shape);

// The images after the pass. Their edges are replicated for it, and the backend does the transposed
// convolution.
Tensor stretched(const Pass& pass, const TensorView& images, const BackendPtr& backend);

// The adjoint: from the gradient of stretched's result to that of its images, which have `shape`.
Tensor stretched_adjoint(const Pass& pass, const TensorView& grad, const Shape& shape,
                         const BackendPtr& backend);

}  // namespace convcheck::stretching
