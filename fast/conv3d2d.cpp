#include "fast/conv3d2d.h"

#include <string>
#include <utility>
#include <vector>

#include "fast/conv.h"
#include "fast/words.h"
#include "reference/problem.h"

namespace convcheck::conv3d2d {
namespace {

constexpr Word kWords[] = {
    {"input", "signals"}, {"input_shape", "signals_shape"}, {"filter_shape", "filters_shape"}};

void check_axes(const char* argument, std::size_t axes) {
  if (axes == 5) return;
  throw ConvError(ErrorKind::Rank, argument, std::to_string(axes) + " axes",
                  "5: batch or filters, time, channels, rows and columns");
}

// Exchanges time and channels, in both directions.
TensorView exchanged(const char* argument, const TensorView& view) {
  check_axes(argument, view.rank());
  return permuted(view, {0, 2, 1, 3, 4});
}
Shape exchanged(const char* argument, Shape shape) {
  check_axes(argument, shape.size());
  std::swap(shape[1], shape[2]);
  return shape;
}
ShapeHint exchanged(const char* argument, const ShapeHint& hint) {
  check_axes(argument, hint.size());
  OptionalShape extents = hint.extents();
  std::swap(extents[1], extents[2]);
  return extents;
}
Tensor exchanged(const Tensor& tensor) { return Tensor::copy_of(exchanged("result", tensor)); }

// The pads of one word; an extent that is open, or that conv3d will refuse, has none.
Pads pads_of(const AxisBorder& word, const OptionalExtent& filter) {
  return filter.value_or(0) < 1 ? Pads{} : to_pads(word, *filter);
}

// The options of the conv3d that computes it. `filters` is their shape, exchanged.
Conv3dOptions lowered(const BorderMode& words, const ShapeHint& filters) {
  std::vector<AxisBorder> axes;
  for (std::size_t i = 0; i < 3; ++i) {
    const AxisBorder word = words.axis(i, 3);
    if (word.kind == AxisBorder::Kind::Pad) {
      throw ConvError(ErrorKind::BorderMode, "border_mode", to_string(words),
                      "valid, half, full, or a triple of these words");
    }
    const Pads both = pads_of(word, filters[2 + i]);
    axes.emplace_back(both.before, both.after);
  }
  return {.border_mode = BorderMode(std::move(axes))};
}

void check_signals(const Options& options, const Shape& shape) {
  check_hint("signals_shape", options.signals_shape, shape, ErrorKind::InputShape);
}

void check_filters(const Options& options, const Shape& shape) {
  check_hint("filters_shape", options.filters_shape, shape, ErrorKind::FilterShape);
}

}  // namespace

Tensor conv3d(const TensorView& signals, const TensorView& filters, const Options& options,
              const BackendPtr& backend) {
  const TensorView x = exchanged("signals", signals), w = exchanged("filters", filters);
  check_signals(options, signals.extents);
  check_filters(options, filters.extents);
  const Conv3dOptions border = lowered(options.border_mode, w.extents);
  return exchanged(in_words(kWords, [&] { return convcheck::conv3d(x, w, border, backend); }));
}

Shape conv3d_shape(const Shape& signals, const Shape& filters, const Options& options) {
  const Shape x = exchanged("signals", signals), w = exchanged("filters", filters);
  check_signals(options, signals);
  check_filters(options, filters);
  const BorderMode border = lowered(options.border_mode, w).border_mode;
  return exchanged(
      "output", in_words(kWords, [&] {
        return make_problem(Direction::Forward, x, w, {.border_mode = border}).y_shape();
      }));
}

Tensor conv3d_grad_wrt_inputs(const TensorView& output_grad, const TensorView& filters,
                              const ShapeHint& signals_shape, const Options& options,
                              const BackendPtr& backend) {
  const TensorView dy = exchanged("output_grad", output_grad), w = exchanged("filters", filters);
  const ShapeHint x_shape = exchanged("signals_shape", signals_shape);
  check_filters(options, filters.extents);
  const Conv3dOptions border = lowered(options.border_mode, w.extents);
  Tensor result = exchanged(in_words(
      kWords, [&] { return convcheck::conv3d_grad_wrt_inputs(dy, w, x_shape, border, backend); }));
  check_signals(options, result.shape());
  return result;
}

Tensor conv3d_grad_wrt_weights(const TensorView& signals, const TensorView& output_grad,
                               const ShapeHint& filters_shape, const Options& options,
                               const BackendPtr& backend) {
  const TensorView x = exchanged("signals", signals), dy = exchanged("output_grad", output_grad);
  const ShapeHint w_shape = exchanged("filters_shape", filters_shape);
  check_signals(options, signals.extents);
  const Conv3dOptions border = lowered(options.border_mode, w_shape);
  Tensor result = exchanged(in_words(
      kWords, [&] { return convcheck::conv3d_grad_wrt_weights(x, dy, w_shape, border, backend); }));
  check_filters(options, result.shape());
  return result;
}

}  // namespace convcheck::conv3d2d
