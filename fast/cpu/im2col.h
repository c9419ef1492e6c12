// The column matrix: one row for every tap of every channel, one column for every position of every
// image.
//
// Element ((c, f), (n, o)) is x[n, c, o * step + tap * dilation - pad], or 0 in the padding; tap is
// f, counted from the other end if the filters are flipped, so that rows are in the order of the
// filters in memory.
#pragma once

#include <array>
#include <cstdint>

#include "fast/cpu/matrix.h"

namespace convcheck::cpu {

// One spatial axis of images. Coordinates first .. last - 1 exist (the whole input, or the slab
// that is written).
struct ImageAxis {
  std::int64_t first = 0, last = 1, stride = 1;  // stride: elements between neighbours in memory
  std::int64_t filter = 1, outputs = 1, step = 1, dilation = 1, pad = 0;
};

// The channels of one group in all images.
template <class T>
struct Images {
  T* data = nullptr;
  std::int64_t image_stride = 0, channel_stride = 0;
  std::array<ImageAxis, 3> axes{};
  bool flip = true;

  std::int64_t taps() const { return axes[0].filter * axes[1].filter * axes[2].filter; }
  std::int64_t positions() const { return axes[0].outputs * axes[1].outputs * axes[2].outputs; }
};

// Writes the block `rect` of the column matrix, row-major.
template <class T>
void im2col(const Images<T>& images, const Rect& rect, T* columns);

// Adds the block `rect` of the column matrix to the elements that im2col reads; those of the
// padding go nowhere.
template <class T>
void col2im(const T* columns, const Rect& rect, const Images<T>& images);

// Sets to 0 all that exists of images first .. first + count - 1 (rect's columns) and of such
// channels (rect's rows).
template <class T>
void clear(const Images<T>& images, const Rect& rect);

}  // namespace convcheck::cpu
