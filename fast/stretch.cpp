#include "fast/stretch.h"

#include "fast/bilinear.h"
#include "fast/call.h"

namespace convcheck::stretching {
namespace {

Tensor with_edges(const TensorView& from, std::size_t axis) {
  const std::int64_t extent = from.extents[axis];
  Shape shape = from.extents;
  shape[axis] += 2;
  Tensor wide(shape, from.type);
  copy(from, slice(wide, axis, {1, extent}));
  copy(slice(from, axis, {0, 1}), slice(wide, axis, {0, 1}));
  copy(slice(from, axis, {extent - 1, 1}), slice(wide, axis, {extent + 1, 1}));
  return wide;
}

void add(const TensorView& from, const TensorView& to) {
  if (from.empty()) return;
  Index index(from.rank(), 0);
  do {
    to.set(index, to.at(index) + from.at(index));
  } while (advance(index, from.extents));
}

// The adjoint of with_edges.
Tensor with_edges_folded(const TensorView& wide, std::size_t axis) {
  const std::int64_t extent = wide.extents[axis] - 2;
  Tensor to = Tensor::copy_of(slice(wide, axis, {1, extent}));
  add(slice(wide, axis, {0, 1}), slice(to, axis, {0, 1}));
  add(slice(wide, axis, {extent + 1, 1}), slice(to, axis, {extent - 1, 1}));
  return to;
}

ConvProblem problem_of(const Pass& pass, const Shape& shape, Direction direction) {
  ConvProblem problem;
  problem.direction = direction;
  problem.batch = shape[0];
  for (std::size_t i : {0, 1}) problem.windows[i] = pass[i].window(shape[kRows + i]);
  return problem;
}

Tensor kernel_of(const Pass& pass, DataType type) {
  const Tensor kernel = bilinear_kernel_2D({pass[0].factor, pass[1].factor}, {.type = type});
  return Tensor::copy_of(reshaped(kernel, {1, 1, kernel.shape()[0], kernel.shape()[1]}));
}

// The elements that the pass keeps, of all.
TensorView kept(const Pass& pass, const TensorView& all, const Shape& shape) {
  const TensorView rows = slice(all, kRows, {0, shape[kRows], pass[0].step});
  return slice(rows, kColumns, {0, shape[kColumns], pass[1].step});
}

}  // namespace

TensorView slice(const TensorView& from, std::size_t axis, const Range& range) {
  TensorView to = from;
  Index first(from.rank(), 0);
  first[axis] = range.begin;
  to.data = from.address(first);
  to.extents[axis] = range.count;
  if (range.count > 1) to.strides[axis] *= range.step;
  return to;
}

Window Stretch::window(std::int64_t from) const {
  const std::int64_t pad = left_alone ? 0 : 2 * factor - 1 - (factor - 1) / 2;
  return {.input = full_extent(from),
          .filter = 2 * factor - 1,
          .stride = factor,
          .dilation = 1,
          .pad_before = pad,
          .pad_after = pad};
}

Shape full_shape(const Pass& pass, const Shape& shape) {
  return {shape[0], shape[1], pass[0].full_extent(shape[kRows]),
          pass[1].full_extent(shape[kColumns])};
}

Shape shape_after(const Pass& pass, const Shape& shape) {
  return {shape[0], shape[1], pass[0].extent(shape[kRows]), pass[1].extent(shape[kColumns])};
}

Tensor stretched(const Pass& pass, const TensorView& images, const BackendPtr& backend) {
  const ConvProblem problem = problem_of(pass, images.extents, Direction::GradInputs);
  Tensor wide = Tensor::copy_of(images);
  for (std::size_t i : {0, 1}) {
    if (!pass[i].left_alone) wide = with_edges(wide, kRows + i);
  }
  const Tensor long_images =
      call(backend, problem, {"kernel", kernel_of(pass, images.type)}, {"input", wide});
  return Tensor::copy_of(kept(pass, long_images, shape_after(pass, images.extents)));
}

Tensor stretched_adjoint(const Pass& pass, const TensorView& grad, const Shape& shape,
                         const BackendPtr& backend) {
  const ConvProblem problem = problem_of(pass, shape, Direction::Forward);
  const Tensor long_images(full_shape(pass, shape), grad.type);
  copy(grad, kept(pass, long_images, grad.extents));
  Tensor wide =
      call(backend, problem, {"output_grad", long_images}, {"kernel", kernel_of(pass, grad.type)});
  for (std::size_t i : {0, 1}) {
    if (!pass[i].left_alone) wide = with_edges_folded(wide, kRows + i);
  }
  return wide;
}

}  // namespace convcheck::stretching
