#include "fast/cpu/matrix.h"

namespace convcheck::cpu {

void Lanes::append(std::int64_t extent, std::int64_t stride) {
  if (extent == 1) return;
  Axis& last = axes_[count_ - 1];
  if (last.extent == 1) {
    last = {extent, stride};
  } else if (last.stride == extent * stride) {
    last = {last.extent * extent, stride};
  } else {
    axes_[count_++] = {extent, stride};
  }
}

std::int64_t Lanes::size() const {
  std::int64_t size = 1;
  for (std::size_t axis = 0; axis < count_; ++axis) size *= axes_[axis].extent;
  return size;
}

std::int64_t Lanes::offset(std::int64_t column) const {
  std::int64_t elements = 0;
  for (std::size_t axis = count_; axis-- > 0;) {
    elements += column % axes_[axis].extent * axes_[axis].stride;
    column /= axes_[axis].extent;
  }
  return elements;
}

template <class T>
Matrix<T>::Matrix(T* data, std::int64_t rows, std::int64_t row_stride, const Lanes& columns,
                  std::int64_t unit)
    : data_(data), row_stride_(row_stride), columns_(columns) {
  const std::int64_t run = columns.run();
  const bool even = run >= columns.size() || run % unit == 0;
  in_place_ = even && blas_block(data, rows, run, row_stride, columns.stride()).has_value();
}

template <class T>
Matrix<T> Matrix<T>::shifted(std::int64_t elements) const {
  Matrix other = *this;
  other.data_ += elements;
  return other;
}

template <class T>
Block<T> Matrix<T>::target(const Rect& rect, T* buffer) const {
  if (!in_place_) return {buffer, rect.rows, rect.columns, rect.columns, false};
  T* first = data_ + rect.row * row_stride_ + columns_.offset(rect.column);
  return *blas_block(first, rect.rows, rect.columns, row_stride_, columns_.stride());
}

template <class T>
Block<T> Matrix<T>::read(const Rect& rect, T* buffer) const {
  if (!in_place_) {
    for (std::int64_t row = 0; row < rect.rows; ++row) {
      T* to = buffer + row * rect.columns;
      const std::int64_t begin = (rect.row + row) * row_stride_, stride = columns_.stride();
      columns_.for_each_run(rect.column, rect.columns,
                            [&](std::int64_t offset, std::int64_t length) {
                              const T* from = data_ + begin + offset;
                              for (std::int64_t i = 0; i < length; ++i) to[i] = from[i * stride];
                              to += length;
                            });
    }
  }
  return target(rect, buffer);
}

template <class T>
void Matrix<T>::write(const Rect& rect, const T* buffer) const {
  for (std::int64_t row = 0; row < rect.rows; ++row) {
    const T* from = buffer + row * rect.columns;
    const std::int64_t begin = (rect.row + row) * row_stride_, stride = columns_.stride();
    columns_.for_each_run(rect.column, rect.columns, [&](std::int64_t offset, std::int64_t length) {
      T* to = data_ + begin + offset;
      for (std::int64_t i = 0; i < length; ++i) to[i * stride] = from[i];
      from += length;
    });
  }
}

template class Matrix<float>;
template class Matrix<double>;

}  // namespace convcheck::cpu
