// conv2d_transpose and conv3d_transpose: every input element scatters a filter into the output.
//
//   value[n, c, i * s + f * d - p] += x[n, k, i] * w[k, (i), c, f']
//
// over all k of c's group, i and f; f' is f from the other end if the filters are flipped.
#include "checker/closed_forms/formulas.h"

namespace convcheck::closed {
namespace {

struct Axis {
  std::int64_t input, filter, output, stride, dilation, before;
};

std::vector<Axis> axes_of(const Case& c) {
  std::vector<Axis> axes;
  const std::size_t filters = c.w.size() - c.rank;
  for (std::size_t axis = 0; axis < c.rank; ++axis) {
    Axis one{c.x[2 + axis],     c.w[filters + axis], c.y[2 + axis],
             c.subsample[axis], c.dilation[axis],    0};
    const std::int64_t reach = (one.filter - 1) * one.dilation + 1;
    const Zeros zeros = zeros_of(c.border, axis, c.rank, reach);
    one.before = zeros.before;
    const std::int64_t span = one.output + zeros.before + zeros.after - reach;
    require(one.filter >= 1 && span >= 0 && one.input == floor_of(span, one.stride) + 1,
            ErrorKind::OutputShape, "input extent", one.input,
            "one that a convolution of output_shape has");
    axes.push_back(one);
  }
  return axes;
}

void check_channels(const Case& c, std::int64_t group_channels) {
  require(c.groups >= 1 && c.x[1] % c.groups == 0, ErrorKind::Groups, "num_groups", c.groups,
          "a divisor of the input's channels");
  require(c.w[0] == c.x[1], ErrorKind::Channels, "filters[0]", c.w[0], "the input's channels");
  require(c.y[1] == c.groups * group_channels, ErrorKind::Channels, "output_shape[1]", c.y[1],
          "the channels of all groups");
  require(c.y[0] == c.x[0], ErrorKind::Batch, "output_shape[0]", c.y[0], "the input's batch");
}

// Where tap f of the filter over input element i falls; false where that is outside.
bool scattered(const std::vector<Axis>& axes, const Index& i, const Index& f, Index& to) {
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const Axis& one = axes[axis];
    to[2 + axis] = i[2 + axis] * one.stride + f[axis] * one.dilation - one.before;
    if (to[2 + axis] < 0 || to[2 + axis] >= one.output) return false;
  }
  return true;
}

}  // namespace

ClosedForm transposed(const Case& c) {
  const std::vector<Axis> axes = axes_of(c);
  const std::size_t filters = c.w.size() - c.rank;
  const std::int64_t group_channels = c.w[filters - 1];
  check_channels(c, group_channels);
  for (std::size_t axis = 0; c.unshared && axis < c.rank; ++axis) {
    require(c.w[1 + axis] == c.x[2 + axis], ErrorKind::Regions, "filters' regions", c.w[1 + axis],
            "the input's extent");
  }
  const std::int64_t group_filters = c.x[1] / c.groups;
  const auto each = [=](const ClosedForm::Visit& visit) {
    const Shape taps = part_of(c.w, filters, c.rank);
    for_each_index(c.x, [&](const Index& from) {
      const std::int64_t first = group_filters == 0 ? 0 : from[1] / group_filters * group_channels;
      for_each_index(taps, [&](const Index& f) {
        Index to(2 + c.rank, from[0]);
        if (!scattered(axes, from, f, to)) return;
        for (std::int64_t channel = 0; channel < group_channels; ++channel) {
          to[1] = first + channel;
          Index w{from[1]};
          if (c.unshared) w = joined(w, part_of(from, 2, c.rank));
          w.push_back(channel);
          for (std::size_t axis = 0; axis < c.rank; ++axis) {
            w.push_back(c.flip ? axes[axis].filter - 1 - f[axis] : f[axis]);
          }
          visit({from, w, to, Index()}, 1);
        }
      });
    });
  };
  const double taps = count(part_of(c.w, filters - 1, c.rank + 1));  // of a group, channels too
  return {{"x", "w", "value"}, {c.x, c.w, c.y}, 1, count(c.x) * taps, each};
}

}  // namespace convcheck::closed
