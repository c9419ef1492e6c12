#include "reference/problem.h"

#include <string>

namespace convcheck {
namespace {

__extension__ typedef __int128 I128;  // sums of 64-bit extents do not overflow in it

// Words that are put together only when they are needed: a call that is right allocates nothing.
struct AxisName {
  const char* what;
  std::size_t axis;
  std::string operator()() const { return std::string(what) + "[" + std::to_string(axis) + "]"; }
};

AxisName axis_name(const char* what, std::size_t axis) { return {what, axis}; }

std::string spelled(const char* words) { return words; }
template <class Words>
std::string spelled(const Words& words) {
  return words();
}

template <class Argument, class Expected>
void require(bool holds, ErrorKind kind, const Argument& argument, std::int64_t value,
             const Expected& expected) {
  if (!holds) throw ConvError(kind, spelled(argument), std::to_string(value), spelled(expected));
}

std::string dilated_extent_below(std::int64_t dilation) {
  return "a dilated extent below 2^61, with dilation " + std::to_string(dilation);
}

// Every coordinate that a loop over `window` forms, o * stride + f * dilation - pad, must fit in 63
// bits.
void validate(const Window& window, std::size_t axis) {
  require(window.input >= 0, ErrorKind::InputShape, axis_name("input extent", axis), window.input,
          ">= 0");
  require(window.filter >= 1, ErrorKind::FilterShape, axis_name("filter extent", axis),
          window.filter, ">= 1");
  require(window.stride >= 1, ErrorKind::Stride, axis_name("subsample", axis), window.stride,
          ">= 1");
  require(window.dilation >= 1, ErrorKind::Dilation, axis_name("filter_dilation", axis),
          window.dilation, ">= 1");
  require(window.pad_before >= 0, ErrorKind::BorderMode, axis_name("pad before", axis),
          window.pad_before, ">= 0");
  require(window.pad_after >= 0, ErrorKind::BorderMode, axis_name("pad after", axis),
          window.pad_after, ">= 0");
  constexpr I128 kLargest = INT64_MAX / 4;
  const I128 dilated = I128(window.filter - 1) * window.dilation + 1;
  const I128 padded = I128(window.input) + window.pad_before + window.pad_after;
  require(dilated <= kLargest, ErrorKind::Overflow, axis_name("filter extent", axis), window.filter,
          [&] { return dilated_extent_below(window.dilation); });
  require(padded <= kLargest && window.stride <= kLargest, ErrorKind::Overflow,
          axis_name("input extent", axis), window.input, "a padded extent and a stride below 2^61");
  require(padded >= dilated, ErrorKind::OutputShape, axis_name("output extent", axis),
          window.output(), [&] {
            return ">= 1: input " + std::to_string(window.input) + " with pads " +
                   std::to_string(window.pad_before) + " and " + std::to_string(window.pad_after) +
                   " is smaller than the dilated filter " + std::to_string(window.dilated_filter());
          });
}

// The parts of a filter shape: k, [regions], c/g, filter extents.
struct FilterShape {
  std::int64_t filters, channels;
  Shape regions, extents;
};

FilterShape split_filters(const Shape& shape, std::size_t rank, bool unshared) {
  const std::size_t expected = 2 + rank + (unshared ? rank : 0);
  if (shape.size() != expected) {
    throw ConvError(ErrorKind::Rank, "filters", to_string(shape),
                    std::to_string(expected) + " axes for " + std::to_string(rank) +
                        (unshared ? " spatial axes, unshared" : " spatial axes"));
  }
  FilterShape parts{shape[0], shape[expected - rank - 1], {}, {}};
  for (std::size_t i = 0; i < rank; ++i) {
    if (unshared) parts.regions.push_back(shape[1 + i]);
    parts.extents.push_back(shape[expected - rank + i]);
  }
  return parts;
}

Dims ones_unless_given(const Dims& given, std::size_t rank, const char* argument, ErrorKind kind) {
  if (given.empty()) return Dims(rank, 1);
  if (given.size() != rank) {
    throw ConvError(ErrorKind::Rank, argument, to_string(given), std::to_string(rank) + " entries");
  }
  for (std::size_t i = 0; i < rank; ++i)
    require(given[i] >= 1, kind, axis_name(argument, i), given[i], ">= 1");
  return given;
}

void check_output(const ConvProblem& problem, const Shape& regions, const Shape& y_shape) {
  if (problem.unshared && !(regions == problem.output_extents())) {
    throw ConvError(ErrorKind::Regions, "filters' regions", to_string(regions),
                    "the output's extents " + to_string(problem.output_extents()));
  }
  if (y_shape.empty()) return;
  const Shape expected = problem.y_shape();
  if (y_shape.size() != expected.size()) {
    throw ConvError(ErrorKind::Rank, "output_grad", to_string(y_shape),
                    std::to_string(expected.size()) + " axes");
  }
  require(y_shape[0] == expected[0], ErrorKind::Batch, "output_grad's batch", y_shape[0],
          [&] { return "the input's " + std::to_string(expected[0]); });
  require(y_shape[1] == expected[1], ErrorKind::Channels, "output_grad's channels", y_shape[1],
          [&] { return "the number of filters " + std::to_string(expected[1]); });
  if (!(y_shape == expected)) {
    throw ConvError(ErrorKind::OutputShape, "output_grad's shape", to_string(y_shape),
                    to_string(expected) + ", which input " + to_string(problem.x_shape()) +
                        " and filters " + to_string(problem.w_shape()) + " give");
  }
}

void set_windows(ConvProblem& problem, const Shape& x_shape, const Shape& filter,
                 const ConvParameters& parameters) {
  const std::size_t rank = problem.rank;
  const Dims stride = ones_unless_given(parameters.subsample, rank, "subsample", ErrorKind::Stride);
  const Dims dilation =
      ones_unless_given(parameters.filter_dilation, rank, "filter_dilation", ErrorKind::Dilation);
  Dims dilated;
  for (std::size_t i = 0; i < rank; ++i) {
    problem.windows[i] = {x_shape[i + 2], filter[i], stride[i], dilation[i], 0, 0};
    require(filter[i] >= 1, ErrorKind::FilterShape, axis_name("filter extent", i), filter[i],
            ">= 1");
    const I128 extent = I128(filter[i] - 1) * dilation[i] + 1;
    require(extent < INT64_MAX / 4, ErrorKind::Overflow, axis_name("filter extent", i), filter[i],
            [&] { return dilated_extent_below(dilation[i]); });
    dilated.push_back(static_cast<std::int64_t>(extent));
  }
  const std::vector<Pads> pads = parameters.border_mode.pads(dilated);
  for (std::size_t i = 0; i < rank; ++i) {
    problem.windows[i].pad_before = pads[i].before;
    problem.windows[i].pad_after = pads[i].after;
  }
}

}  // namespace

std::int64_t Window::output() const {
  const std::int64_t span = padded_input() - dilated_filter();
  const std::int64_t towards_zero = span / stride;
  return towards_zero - (span % stride < 0 ? 1 : 0) + 1;
}

const char* to_string(Direction direction) {
  switch (direction) {
    case Direction::Forward:
      return "forward";
    case Direction::GradInputs:
      return "grad_inputs";
    case Direction::GradWeights:
      return "grad_weights";
  }
  return "unknown";
}

Shape ConvProblem::output_extents() const {
  Shape extents;
  for (const Window& window : axes()) extents.push_back(window.output());
  return extents;
}

Shape ConvProblem::x_shape() const {
  Shape shape{batch, channels};
  for (const Window& window : axes()) shape.push_back(window.input);
  return shape;
}

Shape ConvProblem::w_shape() const {
  Shape shape{filters};
  if (unshared) {
    for (const Window& window : axes()) shape.push_back(window.output());
  }
  shape.push_back(group_channels());
  for (const Window& window : axes()) shape.push_back(window.filter);
  return shape;
}

Shape ConvProblem::y_shape() const {
  Shape shape{batch, filters};
  for (const Window& window : axes()) shape.push_back(window.output());
  return shape;
}

Shape ConvProblem::result_shape() const {
  switch (direction) {
    case Direction::GradInputs:
      return x_shape();
    case Direction::GradWeights:
      return w_shape();
    default:
      return y_shape();
  }
}

void validate(const ConvProblem& problem) {
  require(problem.rank >= 1 && problem.rank <= 3, ErrorKind::Rank, "rank",
          static_cast<std::int64_t>(problem.rank), "1, 2 or 3 spatial axes");
  require(problem.batch >= 0, ErrorKind::Batch, "batch", problem.batch, ">= 0");
  require(problem.channels >= 0, ErrorKind::Channels, "channels", problem.channels, ">= 0");
  require(problem.filters >= 0, ErrorKind::FilterShape, "filters", problem.filters, ">= 0");
  require(problem.groups >= 1, ErrorKind::Groups, "num_groups", problem.groups, ">= 1");
  require(
      problem.channels % problem.groups == 0, ErrorKind::Groups, "num_groups", problem.groups,
      [&] { return "a divisor of the " + std::to_string(problem.channels) + " input channels"; });
  require(problem.filters % problem.groups == 0, ErrorKind::Groups, "num_groups", problem.groups,
          [&] { return "a divisor of the " + std::to_string(problem.filters) + " filters"; });
  for (std::size_t axis = 0; axis < problem.rank; ++axis) validate(problem.windows[axis], axis);
  element_count(problem.x_shape(), "input");
  element_count(problem.w_shape(), "filters");
  element_count(problem.y_shape(), "output");
}

ConvProblem make_problem(Direction direction, const Shape& x_shape, const Shape& w_shape,
                         const ConvParameters& parameters, const Shape& y_shape) {
  if (x_shape.size() < 3 || x_shape.size() > 5) {
    throw ConvError(ErrorKind::Rank, "input", to_string(x_shape),
                    "3 to 5 axes: batch, channels and 1 to 3 spatial axes");
  }
  ConvProblem problem;
  problem.direction = direction;
  problem.rank = x_shape.size() - 2;
  const FilterShape filters = split_filters(w_shape, problem.rank, parameters.unshared);
  problem.batch = x_shape[0];
  problem.channels = x_shape[1];
  problem.filters = filters.filters;
  problem.groups = parameters.num_groups;
  problem.flip = parameters.filter_flip;
  problem.unshared = parameters.unshared;
  set_windows(problem, x_shape, filters.extents, parameters);
  validate(problem);
  require(filters.channels == problem.group_channels(), ErrorKind::Channels, "filters' channels",
          filters.channels, [&] {
            return "the input's " + std::to_string(problem.channels) + " channels over " +
                   std::to_string(problem.groups) + " groups";
          });
  check_output(problem, filters.regions, y_shape);
  return problem;
}

std::string to_string(const ConvProblem& problem) {
  std::string text = "conv" + std::to_string(problem.rank) + "d." + to_string(problem.direction) +
                     " x=" + to_string(problem.x_shape()) + " w=" + to_string(problem.w_shape()) +
                     " groups=" + std::to_string(problem.groups);
  for (const Window& window : problem.axes()) {
    text += " [stride " + std::to_string(window.stride) + " dilation " +
            std::to_string(window.dilation) + " pads " + std::to_string(window.pad_before) + "," +
            std::to_string(window.pad_after) + "]";
  }
  return text + (problem.flip ? "" : " noflip") + (problem.unshared ? " unshared" : "");
}

}  // namespace convcheck
