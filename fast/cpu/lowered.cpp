#include "fast/cpu/lowered.h"

#include <algorithm>

namespace convcheck::cpu {
namespace {

bool does_nothing(const Window& window) {
  return window.input == 1 && window.filter == 1 && window.padded_input() == 1;
}

bool reads_itself(const SpatialAxes::Axis& axis) {
  const Window& window = axis.window;
  return window.filter == 1 && window.stride == 1 && window.padded_input() == window.input;
}

Extents extents_of(const ConvProblem& problem, const SpatialAxes& spatial) {
  Extents extents;
  extents.groups = problem.groups;
  extents.filters = problem.group_filters();
  extents.channels = problem.group_channels();
  extents.images = problem.batch;
  for (const SpatialAxes::Axis& axis : spatial.axes) {
    extents.taps *= axis.window.filter;
    (problem.unshared ? extents.regions : extents.positions) *= axis.window.output();
  }
  // Positions at its edges are shared by neighbouring slabs: one should be longer than a few
  // filters.
  const Window& window = spatial.outermost();
  extents.slabs = std::max<std::int64_t>(1, window.input / (4 * window.dilated_filter()));
  return extents;
}

template <class T>
Matrix<T> filter_matrix(const SpatialAxes& spatial, const Extents& extents, const TensorView& w,
                        std::size_t channel_axis) {
  Lanes taps;
  taps.append(extents.channels, w.strides[channel_axis]);
  for (const SpatialAxes::Axis& axis : spatial.axes) taps.append(axis.window.filter, axis.w);
  return Matrix<T>(static_cast<T*>(w.data), extents.filters, w.strides[0], taps, extents.rows());
}

template <class T>
Matrix<T> output_matrix(const SpatialAxes& spatial, const Extents& extents, const TensorView& y,
                        std::int64_t unit) {
  Lanes columns;
  columns.append(extents.images, y.strides[0]);
  for (const SpatialAxes::Axis& axis : spatial.axes) {
    if (extents.positions > 1) columns.append(axis.window.output(), axis.y);
  }
  return Matrix<T>(static_cast<T*>(y.data), extents.filters, y.strides[1], columns, unit);
}

template <class T>
std::optional<Matrix<T>> input_matrix(const SpatialAxes& spatial, const Extents& extents,
                                      const TensorView& x, std::int64_t unit) {
  if (extents.regions > 1) return std::nullopt;
  if (!std::all_of(spatial.axes.begin(), spatial.axes.end(), reads_itself)) return std::nullopt;
  Lanes columns;
  columns.append(extents.images, x.strides[0]);
  for (const SpatialAxes::Axis& axis : spatial.axes) columns.append(axis.window.input, axis.x);
  return Matrix<T>(static_cast<T*>(x.data), extents.channels, x.strides[1], columns, unit);
}

template <class T>
Images<T> images_of(const SpatialAxes& spatial, const ConvProblem& problem, const TensorView& x) {
  Images<T> images{static_cast<T*>(x.data), x.strides[0], x.strides[1], {}, problem.flip};
  for (std::size_t i = 0; i < 3; ++i) {
    const Window& window = spatial.axes[i].window;
    images.axes[i] = {.first = 0,
                      .last = window.input,
                      .stride = spatial.axes[i].x,
                      .filter = window.filter,
                      .outputs = problem.unshared ? 1 : window.output(),
                      .step = window.stride,
                      .dilation = window.dilation,
                      .pad = window.pad_before};
  }
  return images;
}

}  // namespace

template <class T>
Block<T> ColumnMatrix<T>::read(const Rect& rect, T* buffer) const {
  if (itself_) return itself_->read(rect, buffer);
  im2col(images_, rect, buffer);
  return {buffer, rect.rows, rect.columns, rect.columns, false};
}

template <class T>
Block<T> ColumnMatrix<T>::target(const Rect& rect, T* buffer) const {
  if (itself_) return itself_->target(rect, buffer);
  return {buffer, rect.rows, rect.columns, rect.columns, false};
}

template <class T>
void ColumnMatrix<T>::commit(const Rect& rect, const T* buffer) const {
  if (itself_) {
    itself_->commit(rect, buffer);
  } else {
    col2im(buffer, rect, images_);
  }
}

template <class T>
void ColumnMatrix<T>::prepare(const Rect& rect) const {
  if (!itself_) clear(images_, rect);
}

SpatialAxes::SpatialAxes(const ConvProblem& problem, const Operands& operands) {
  const std::size_t last = operands.w.rank() - problem.rank;
  for (std::size_t axis = problem.rank; axis-- > 0;) {
    const Window& window = problem.windows[axis];
    if (does_nothing(window)) continue;
    axes[--first] = {window, operands.x.strides[2 + axis], operands.y.strides[2 + axis],
                     operands.w.strides[last + axis],
                     problem.unshared ? operands.w.strides[1 + axis] : 0};
  }
}

template <class T>
Lowered<T>::Lowered(const ConvProblem& problem, const Operands& operands, std::size_t block_bytes)
    : direction_(problem.direction),
      unshared_(problem.unshared),
      spatial_(problem, operands),
      extents_(extents_of(problem, spatial_)),
      blocks_(
          choose_blocks(direction_, extents_, static_cast<std::int64_t>(block_bytes / sizeof(T)))),
      w_group_(extents_.filters * operands.w.strides[0]),
      x_group_(extents_.channels * operands.x.strides[1]),
      y_group_(extents_.filters * operands.y.strides[1]),
      w_(filter_matrix<T>(spatial_, extents_, operands.w, operands.w.rank() - problem.rank - 1)),
      y_(output_matrix<T>(spatial_, extents_, operands.y, blocks_.columns.unit)),
      images_(images_of<T>(spatial_, problem, operands.x)),
      x_(input_matrix<T>(spatial_, extents_, operands.x, blocks_.columns.unit)) {}

template <class T>
Slab Lowered<T>::slab(std::int64_t index) const {
  const Window& window = spatial_.outermost();
  const std::int64_t length = ceil_div(window.input, blocks_.slabs);
  Slab slab;
  slab.inputs = {std::min(index * length, window.input),
                 std::min((index + 1) * length, window.input)};
  // Positions one apart along the outermost axis are so many positions apart.
  std::int64_t inner = 1;
  for (const SpatialAxes::Axis& axis : spatial_.axes) inner *= axis.window.output();
  inner /= window.output();
  if (blocks_.slabs == 1) return {slab.inputs, {0, window.output() * inner}};
  const std::int64_t before = slab.inputs.begin + window.pad_before - window.dilated_filter() + 1;
  const std::int64_t after = slab.inputs.end + window.pad_before;
  const auto first_from = [&](std::int64_t coordinate) {
    return std::min(coordinate <= 0 ? 0 : ceil_div(coordinate, window.stride), window.output());
  };
  slab.positions = {first_from(before) * inner, first_from(after) * inner};
  return slab;
}

template <class T>
Piece<T> Lowered<T>::piece(std::int64_t group, std::int64_t region, const Range& inputs) const {
  std::int64_t w = group * w_group_, y = group * y_group_;
  Images<T> images = images_;
  images.data += group * x_group_;
  if (unshared_) {
    for (std::size_t i = 3; i-- > 0;) {
      const SpatialAxes::Axis& axis = spatial_.axes[i];
      const std::int64_t outputs = axis.window.output(), o = region % outputs;
      region /= outputs;
      w += o * axis.region;
      y += o * axis.y;
      images.axes[i].pad -= o * axis.window.stride;
    }
  }
  ImageAxis& outermost = images.axes[spatial_.first < 3 ? spatial_.first : 2];
  outermost.first = inputs.begin;
  outermost.last = inputs.end;
  std::optional<Matrix<T>> itself;
  if (x_) itself = x_->shifted(group * x_group_);
  return {w_.shifted(w), y_.shifted(y), {images, itself}};
}

template class ColumnMatrix<float>;
template class ColumnMatrix<double>;
template class Lowered<float>;
template class Lowered<double>;

}  // namespace convcheck::cpu
