#include "fast/cpu/im2col.h"

#include <algorithm>

namespace convcheck::cpu {
namespace {

// Least integer >= a / b, b >= 1.
std::int64_t ceil_div(std::int64_t a, std::int64_t b) {
  if (b == 1) return a;
  return a > 0 ? (a - 1) / b + 1 : a / b;
}

// Outputs begin .. end - 1 read through one tap: coordinate o * step + shift.
struct Reach {
  std::int64_t begin, end, shift;
};

Reach reach(const ImageAxis& axis, std::int64_t f, bool flip) {
  const std::int64_t shift = (flip ? axis.filter - 1 - f : f) * axis.dilation - axis.pad;
  const auto outputs = [&](std::int64_t coordinate) {
    return std::clamp<std::int64_t>(ceil_div(coordinate - shift, axis.step), 0, axis.outputs);
  };
  return {outputs(axis.first), outputs(axis.last), shift};
}

// An image and a position in it.
struct Position {
  std::int64_t image, o[3];
};

template <class T>
Position position_at(const Images<T>& images, std::int64_t column) {
  const auto& axes = images.axes;
  const std::int64_t o2 = column % axes[2].outputs, lines = column / axes[2].outputs;
  const std::int64_t o1 = lines % axes[1].outputs, planes = lines / axes[1].outputs;
  return {planes / axes[0].outputs, {planes % axes[0].outputs, o1, o2}};
}

// A channel and a tap.
struct Row {
  std::int64_t channel, f[3];
};

template <class T>
Row row_at(const Images<T>& images, std::int64_t index) {
  const auto& axes = images.axes;
  const std::int64_t f2 = index % axes[2].filter, lines = index / axes[2].filter;
  const std::int64_t f1 = lines % axes[1].filter, planes = lines / axes[1].filter;
  return {planes / axes[0].filter, {planes % axes[0].filter, f1, f2}};
}

// The row after it.
template <class T>
void advance(const Images<T>& images, Row& row) {
  for (std::size_t axis = 3; axis-- > 0;) {
    if (++row.f[axis] < images.axes[axis].filter) return;
    row.f[axis] = 0;
  }
  ++row.channel;
}

// `count` neighbouring columns of a row that lie on one line of outputs. Those from begin to end -
// 1 exist, the first of them at `offset` in memory; the others are padding.
struct Line {
  std::int64_t count, begin, end, offset;
};

// Calls visit(line) for the lines of one row, in the order of the columns.
template <class T, class Visit>
void for_each_line(const Images<T>& images, const Row& of, Position at, std::int64_t columns,
                   const Visit& visit) {
  const auto& [depth, height, width] = images.axes;
  const Reach d = reach(depth, of.f[0], images.flip), h = reach(height, of.f[1], images.flip),
              w = reach(width, of.f[2], images.flip);
  const std::int64_t channel = of.channel * images.channel_stride;
  while (columns > 0) {
    const std::int64_t o = at.o[2], count = std::min(width.outputs - o, columns);
    Line line{count, count, count, 0};
    if (at.o[0] >= d.begin && at.o[0] < d.end && at.o[1] >= h.begin && at.o[1] < h.end) {
      line.begin = std::clamp<std::int64_t>(w.begin - o, 0, count);
      line.end = std::clamp<std::int64_t>(w.end - o, line.begin, count);
      line.offset = channel + at.image * images.image_stride +
                    (at.o[0] * depth.step + d.shift) * depth.stride +
                    (at.o[1] * height.step + h.shift) * height.stride +
                    ((o + line.begin) * width.step + w.shift) * width.stride;
    }
    visit(line);
    columns -= count;
    at.o[2] = 0;
    if (++at.o[1] < height.outputs) continue;
    at.o[1] = 0;
    if (++at.o[0] < depth.outputs) continue;
    at.o[0] = 0;
    ++at.image;
  }
}

template <class T>
void copy_line(const T* from, std::int64_t stride, std::int64_t count, T* to) {
  if (stride == 1) {
    std::copy_n(from, count, to);
  } else {
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
  }
}

template <class T>
void add_line(const T* from, std::int64_t count, T* to, std::int64_t stride) {
  if (stride == 1) {
    for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
  } else {
    for (std::int64_t i = 0; i < count; ++i) to[i * stride] += from[i];
  }
}

}  // namespace

template <class T>
void im2col(const Images<T>& images, const Rect& rect, T* columns) {
  const Position start = position_at(images, rect.column);
  const std::int64_t stride = images.axes[2].step * images.axes[2].stride;
  Row row = row_at(images, rect.row);
  for (std::int64_t i = 0; i < rect.rows; ++i, advance(images, row)) {
    for_each_line(images, row, start, rect.columns, [&](const Line& line) {
      std::fill_n(columns, line.begin, T(0));
      if (line.begin < line.end) {
        copy_line(images.data + line.offset, stride, line.end - line.begin, columns + line.begin);
      }
      std::fill_n(columns + line.end, line.count - line.end, T(0));
      columns += line.count;
    });
  }
}

template <class T>
void col2im(const T* columns, const Rect& rect, const Images<T>& images) {
  const Position start = position_at(images, rect.column);
  const std::int64_t stride = images.axes[2].step * images.axes[2].stride;
  Row row = row_at(images, rect.row);
  for (std::int64_t i = 0; i < rect.rows; ++i, advance(images, row)) {
    for_each_line(images, row, start, rect.columns, [&](const Line& line) {
      if (line.begin < line.end) {
        add_line(columns + line.begin, line.end - line.begin, images.data + line.offset, stride);
      }
      columns += line.count;
    });
  }
}

template <class T>
void clear(const Images<T>& images, const Rect& rect) {
  const auto& [depth, height, width] = images.axes;
  for (std::int64_t n = rect.column; n < rect.column + rect.columns; ++n) {
    for (std::int64_t c = rect.row; c < rect.row + rect.rows; ++c) {
      for (std::int64_t d = depth.first; d < depth.last; ++d) {
        for (std::int64_t h = height.first; h < height.last; ++h) {
          T* line = images.data + n * images.image_stride + c * images.channel_stride +
                    d * depth.stride + h * height.stride;
          for (std::int64_t i = width.first; i < width.last; ++i) line[i * width.stride] = T(0);
        }
      }
    }
  }
}

#define CONVCHECK_INSTANTIATE(T)                                 \
  template void im2col(const Images<T>&, const Rect&, T*);       \
  template void col2im(const T*, const Rect&, const Images<T>&); \
  template void clear(const Images<T>&, const Rect&);
CONVCHECK_INSTANTIATE(float)
CONVCHECK_INSTANTIATE(double)
#undef CONVCHECK_INSTANTIATE

}  // namespace convcheck::cpu
