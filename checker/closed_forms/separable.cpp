// separable_conv2d and separable_conv3d: two sums, one inside the other.
//
//   value[n, k, o] = sum over m, q of pw[k, m, q'] * (sum over f of
//                    dw[m, 0, f'] * x[n, m / multiplier, (o + q) * s + f * d - p])
#include "checker/closed_forms/formulas.h"

namespace convcheck::closed {
namespace {

struct Axis {
  std::int64_t input, filter, pointwise, stride, dilation, before, output;
};

std::vector<Axis> axes_of(const Case& c) {
  std::vector<Axis> axes;
  for (std::size_t axis = 0; axis < c.rank; ++axis) {
    Axis one{
        c.x[2 + axis], c.dw[2 + axis], c.pw[2 + axis], c.subsample[axis], c.dilation[axis], 0, 0};
    const std::int64_t reach = (one.filter - 1) * one.dilation + 1;
    const Zeros zeros = zeros_of(c.border, axis, c.rank, reach);
    one.before = zeros.before;
    const std::int64_t span = one.input + zeros.before + zeros.after - reach;
    one.output = floor_of(span, one.stride) + 1 - one.pointwise + 1;
    require(one.filter >= 1 && one.pointwise >= 1 && span >= 0 && one.output >= 1,
            ErrorKind::OutputShape, "output extent", one.output, ">= 1");
    axes.push_back(one);
  }
  return axes;
}

std::int64_t multiplier_of(const Case& c) {
  const std::int64_t channels = c.x[1];
  require(c.dw[1] == 1, ErrorKind::Channels, "depthwise_filters' channels", c.dw[1], "1");
  require(channels == 0 ? c.dw[0] == 0 : c.dw[0] % channels == 0, ErrorKind::Groups,
          "depthwise_filters[0]", c.dw[0], "a multiple of the input's channels");
  require(c.pw[1] == c.dw[0], ErrorKind::Channels, "pointwise_filters' channels", c.pw[1],
          "the number of depthwise_filters");
  return channels == 0 ? 1 : c.dw[0] / channels;
}

// Where the input element of tap f is; false where it is padding.
bool gathered(const std::vector<Axis>& axes, const Index& middle, const Index& f, Index& from) {
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const Axis& one = axes[axis];
    from[2 + axis] = middle[axis] * one.stride + f[axis] * one.dilation - one.before;
    if (from[2 + axis] < 0 || from[2 + axis] >= one.input) return false;
  }
  return true;
}

Index seen(Index tap, const Shape& extents, bool flip) {
  for (std::size_t axis = 0; flip && axis < tap.size(); ++axis) {
    tap[axis] = extents[axis] - 1 - tap[axis];
  }
  return tap;
}

}  // namespace

ClosedForm separable(const Case& c) {
  const std::vector<Axis> axes = axes_of(c);
  const std::int64_t multiplier = multiplier_of(c);
  Shape value{c.x[0], c.pw[0]};
  for (const Axis& one : axes) value.push_back(one.output);
  const auto each = [=](const ClosedForm::Visit& visit) {
    const Shape outer = joined({c.dw[0]}, part_of(c.pw, 2, c.rank)),
                taps = part_of(c.dw, 2, c.rank);
    for_each_index(value, [&](const Index& to) {
      for_each_index(outer, [&](const Index& mq) {
        const std::int64_t m = mq[0];
        const Index q = part_of(mq, 1, c.rank);
        Index middle = part_of(to, 2, c.rank);
        for (std::size_t axis = 0; axis < c.rank; ++axis) middle[axis] += q[axis];
        const Index pw = joined({to[1], m}, seen(q, part_of(c.pw, 2, c.rank), c.flip));
        for_each_index(taps, [&](const Index& f) {
          Index from(2 + c.rank, to[0]);
          from[1] = m / multiplier;
          if (!gathered(axes, middle, f, from)) return;
          visit({from, joined({m, 0}, seen(f, taps, c.flip)), pw, to}, 1);
        });
      });
    });
  };
  const double products = count(value) * count(c.dw) * count(part_of(c.pw, 2, c.rank));
  return {{"x", "dw", "pw", "value"}, {c.x, c.dw, c.pw, value}, 1, products, each};
}

}  // namespace convcheck::closed
