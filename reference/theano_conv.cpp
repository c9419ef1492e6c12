#include "reference/theano_conv.h"

#include "reference/reference_backend.h"

namespace convcheck::abstract_conv {
namespace {

Direction parse_direction(std::string_view text) {
  if (text == "forward") return Direction::Forward;
  if (text == "backprop inputs") return Direction::GradInputs;
  if (text == "backprop weights") return Direction::GradWeights;
  throw ConvError(ErrorKind::Unsupported, "direction", "'" + std::string(text) + "'",
                  "'forward', 'backprop inputs' or 'backprop weights'");
}

bool is_full(const BorderMode& mode) {
  if (mode != BorderMode(valid) && mode != BorderMode(full)) {
    throw ConvError(ErrorKind::BorderMode, "mode", to_string(mode), "valid or full");
  }
  return mode == BorderMode(full);
}

// The entries [first, first + count) of `shape`.
Shape part(const Shape& shape, std::size_t first, std::size_t count) {
  Shape entries;
  for (std::size_t i = 0; i < count; ++i) entries.push_back(shape[first + i]);
  return entries;
}

// Group `g` of the axis: one of `groups` equal blocks.
TensorView block(TensorView view, std::size_t axis, std::int64_t g, std::int64_t groups) {
  view.extents[axis] /= groups;
  if (view.empty()) return view;
  Index first(view.rank(), 0);
  first[axis] = g * view.extents[axis];
  view.data = view.address(first);
  return view;
}

// The view with the two axes in front, in this order, exchanged with (k, regions..., c): what kern
// and result of conv are as filters of a problem. `k` and `c` are 0 and 1, or 1 and 0.
TensorView as_filters(const TensorView& view, std::int64_t k, std::int64_t c) {
  const auto rank = static_cast<std::int64_t>(view.rank() - 2) / 2;
  Dims axes{k};
  for (std::int64_t axis = 2; axis < 2 + rank; ++axis) axes.push_back(axis);
  axes.push_back(c);
  for (std::int64_t axis = 2 + rank; axis < 2 + 2 * rank; ++axis) axes.push_back(axis);
  return permuted(view, axes);
}

TensorView first_two_exchanged(const TensorView& view) {
  Dims axes{1, 0};
  for (std::size_t axis = 2; axis < view.rank(); ++axis) {
    axes.push_back(static_cast<std::int64_t>(axis));
  }
  return permuted(view, axes);
}

// One group of unshared filters as a problem: which operand is which, and in which order its axes
// are.
Operands unshared_operands(Direction direction, const TensorView& img, const TensorView& kern,
                           const TensorView& result) {
  switch (direction) {
    case Direction::GradInputs:
      return {result, as_filters(kern, 1, 0), img};
    case Direction::GradWeights:
      return {first_two_exchanged(img), as_filters(result, 1, 0), first_two_exchanged(kern)};
    default:
      return {img, as_filters(kern, 0, 1), result};
  }
}

// `shared` is the problem of the same shapes with shared filters: its output has the result's
// extents.
ConvProblem unshared_problem(Direction direction, const ConvProblem& shared,
                             const Operands& group) {
  ConvProblem problem = shared;
  problem.direction = direction;
  problem.batch = group.x.extents[0];
  problem.channels = group.x.extents[1];
  problem.filters = group.y.extents[1];
  problem.groups = 1;
  problem.unshared = true;
  problem.flip = direction != Direction::GradWeights;
  for (Window& window : problem.axes()) {
    const std::int64_t result = window.output();
    if (direction == Direction::GradInputs) {
      // What is full for the gradient is valid for the map that it belongs to, and the other way
      // round.
      const std::int64_t pad = window.dilated_filter() - 1 - window.pad_before;
      window = {result, window.filter, 1, window.dilation, pad, pad};
    } else if (direction == Direction::GradWeights) {
      window.filter = result;
    }
  }
  return problem;
}

void require_regions(const Shape& regions, const Shape& expected, const char* of_what) {
  if (regions == expected) return;
  throw ConvError(ErrorKind::Regions, "kern's regions", to_string(regions),
                  std::string(of_what) + " extents " + to_string(expected));
}

Tensor unshared_conv(Direction direction, const TensorView& img, const TensorView& kern,
                     const ConvProblem& shared) {
  const std::size_t rank = shared.rank;
  Shape shape = shared.y_shape();
  if (direction == Direction::GradWeights) {
    shape = {img.extents[0], kern.extents[0]};
    for (const Window& window : shared.axes()) shape.push_back(window.filter);
    for (const Window& window : shared.axes()) shape.push_back(window.output());
  } else if (direction == Direction::GradInputs) {
    require_regions(part(kern.extents, 2, rank), part(img.extents, 2, rank), "the image's");
  } else {
    require_regions(part(kern.extents, 2, rank), shared.output_extents(), "the result's");
  }
  Tensor result(shape, img.type);
  for (std::int64_t g = 0; g < shared.groups; ++g) {
    const Operands group =
        unshared_operands(direction, block(img, 1, g, shared.groups),
                          block(kern, 0, g, shared.groups), block(result, 1, g, shared.groups));
    run(*reference_backend(), unshared_problem(direction, shared, group), group);
  }
  return result;
}

TensorView with_axes_in_front(const TensorView& plane) {
  TensorView view = plane;
  view.extents = view.strides = {1, 1};
  for (std::size_t axis = 0; axis < plane.rank(); ++axis) {
    view.extents.push_back(plane.extents[axis]);
    view.strides.push_back(plane.strides[axis]);
  }
  return view;
}

void require_rank(const char* argument, const TensorView& view, std::size_t rank) {
  if (view.rank() == rank && view.strides.size() == rank) return;
  throw ConvError(ErrorKind::Rank, argument, to_string(view), std::to_string(rank) + " axes");
}

}  // namespace

Dims Dilation::axes(std::size_t rank) const {
  if (every_axis_) return Dims(rank, entries_[0]);
  if (entries_.size() == rank) return entries_;
  throw ConvError(ErrorKind::Rank, "dilation", to_string(entries_),
                  "an integer, or " + std::to_string(rank) + " entries");
}

Tensor conv(const TensorView& img, const TensorView& kern, const ConvOptions& options) {
  const Direction direction = parse_direction(options.direction);
  const bool weights = options.unshared && direction == Direction::GradWeights;
  if (is_full(options.mode) && weights) {
    throw ConvError(ErrorKind::BorderMode, "mode", "full", "valid for unshared backprop weights");
  }
  if (img.rank() < 3 || img.rank() > 5) {
    throw ConvError(ErrorKind::Rank, "img", to_string(img), "3 to 5 axes");
  }
  const std::size_t rank = img.rank() - 2;
  const std::size_t regions = options.unshared && !weights ? rank : 0;
  require_rank("kern", kern, 2 + regions + rank);
  Shape filters{kern.extents[0], kern.extents[1]};
  for (const std::int64_t extent : part(kern.extents, 2 + regions, rank)) filters.push_back(extent);
  const Dims dilation = options.dilation.axes(rank);
  if (weights && dilation != Dims(rank, 1)) {
    throw ConvError(ErrorKind::Dilation, "dilation", to_string(dilation),
                    "1 for unshared backprop weights");
  }
  const ConvProblem shared = make_problem(
      Direction::Forward, img.extents, filters,
      {.border_mode = options.mode, .filter_dilation = dilation, .num_groups = options.num_groups});
  if (options.unshared) return unshared_conv(direction, img, kern, shared);
  return compute(*reference_backend(), shared, img, kern, img.type);
}

Tensor unshared2d(const TensorView& inp, const TensorView& kern, const Shape& out_shape,
                  std::string_view direction) {
  const Direction parsed = parse_direction(direction);
  require_rank("inp", inp, 2);
  require_rank("kern", kern, parsed == Direction::GradWeights ? 2 : 4);
  const Tensor result = conv(with_axes_in_front(inp), with_axes_in_front(kern),
                             {.mode = parsed == Direction::GradInputs ? full : valid,
                              .dilation = 1,
                              .num_groups = 1,
                              .unshared = true,
                              .direction = std::string(direction)});
  const Shape shape = part(result.shape(), 2, result.shape().size() - 2);
  if (out_shape != shape) {
    throw ConvError(ErrorKind::OutputShape, "out_shape", to_string(out_shape), to_string(shape));
  }
  return Tensor::copy_of(reshaped(result, shape));
}

}  // namespace convcheck::abstract_conv
