#include "fast/cpu/direct/correlation.h"

#include <algorithm>
#include <numeric>

namespace convcheck::cpu::direct {
namespace {

// Axis 2 is the problem's last.
template <class Visit>
void for_each_axis(const ConvProblem& problem, const Visit& visit) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) visit(axis, axis + 3 - problem.rank);
}

// Two axes that read what they write and are one in memory become one, so that its rows are longer.
void merge(std::array<Axis, 3>& axes) {
  for (std::size_t outer = 2; outer-- > 0;) {
    Axis &a = axes[outer], &b = axes[outer + 1];
    const bool nothing = a.plain() && a.count == 1;
    const bool one = a.plain() && b.plain() && a.in == b.in * b.count && a.out == b.out * b.count;
    if (nothing || !one) continue;
    b.count *= a.count;
    b.extent = b.count;
    a = {};
  }
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Input coordinates i = remainder + stride * q get y[o] for every f with o * stride + f * dilation
// - pad = i: every (stride / gcd)-th f, from the first one that fits, which is returned.
std::int64_t restrict_to_remainder(const Window& window, std::int64_t remainder, Axis& axis) {
  const std::int64_t common = std::gcd(window.stride, window.dilation);
  const std::int64_t every = window.stride / common;
  const std::int64_t from = remainder + window.pad_before;
  std::int64_t f = 0;
  const std::int64_t end = std::min(every, window.filter);
  while (f < end && (from - f * window.dilation) % window.stride != 0) ++f;
  axis.count = ceil_div(window.input - remainder, window.stride);
  axis.extent = window.output();
  axis.step = 1;
  axis.taps = f < end ? ceil_div(window.filter - f, every) : 0;
  axis.first = axis.taps > 0 ? (from - f * window.dilation) / window.stride : 0;
  axis.tap_step = -window.dilation / common;
  return axis.taps > 0 ? f : 0;
}

}  // namespace

void Correlation::count_as_in_memory() {
  for (Axis& axis : axes) {
    if (axis.w >= 0) continue;
    w.at += (axis.taps - 1) * axis.w;
    axis.w = -axis.w;
    axis.first += (axis.taps - 1) * axis.tap_step;
    axis.tap_step = -axis.tap_step;
  }
}

bool Correlation::has_dense_taps() const {
  std::int64_t pitch = 1;
  for (std::size_t axis = 3; axis-- > 0; pitch *= axes[axis].taps) {
    if (axes[axis].taps > 1 && axes[axis].w != pitch) return false;
  }
  return true;
}

double Correlation::products() const {
  double count = 1;
  for (const std::int64_t extent : {images, groups, outs, rows(), positions()}) {
    count *= static_cast<double>(extent);
  }
  return count;
}

Correlation forward_correlation(const ConvProblem& problem, const Operands& operands) {
  const auto &x = operands.x.strides, &w = operands.w.strides, &y = operands.y.strides;
  Correlation c{.images = problem.batch,
                .groups = problem.groups,
                .outs = problem.group_filters(),
                .ins = problem.group_channels()};
  c.in = {.major = x[0], .minor = x[1], .group = c.ins * x[1]};
  c.out = {.major = y[0], .minor = y[1], .group = c.outs * y[1]};
  const std::size_t filter_axis = problem.unshared ? 1 + problem.rank : 1;
  c.w = {.major = w[0], .minor = w[filter_axis], .group = c.outs * w[0]};
  for_each_axis(problem, [&](std::size_t from, std::size_t to) {
    const Window& window = problem.windows[from];
    Axis axis{.count = window.output(),
              .extent = window.input,
              .step = window.stride,
              .taps = window.filter,
              .first = -window.pad_before,
              .tap_step = window.dilation,
              .in = x[from + 2],
              .out = y[from + 2],
              .w = w[from + filter_axis + 1]};
    if (problem.flip) {
      c.w.at += (window.filter - 1) * axis.w;
      axis.w = -axis.w;
    }
    c.axes[to] = axis;
  });
  if (problem.direction != Direction::GradInputs && !problem.unshared) merge(c.axes);
  return c;
}

InputParts::InputParts(const ConvProblem& problem, const Operands& operands)
    : problem_(problem), whole_(forward_correlation(problem, operands)) {
  std::swap(whole_.in, whole_.out);
  std::swap(whole_.ins, whole_.outs);
  std::swap(whole_.w.major, whole_.w.minor);
  for (Axis& axis : whole_.axes) std::swap(axis.in, axis.out);
}

std::int64_t InputParts::count() const {
  std::int64_t parts = 1;
  for (const Window& window : problem_.axes()) parts *= std::min(window.stride, window.input);
  return parts;
}

Correlation InputParts::part(std::int64_t index) const {
  Correlation c = whole_;
  for_each_axis(problem_, [&](std::size_t from, std::size_t to) {
    const Window& window = problem_.windows[from];
    const std::int64_t remainders = std::min(window.stride, window.input);
    const std::int64_t remainder = index % remainders;
    index /= remainders;
    Axis& axis = c.axes[to];
    c.w.at += restrict_to_remainder(window, remainder, axis) * axis.w;
    c.out.at += remainder * axis.out;
    axis.w *= window.stride / std::gcd(window.stride, window.dilation);
    axis.out *= window.stride;
  });
  merge(c.axes);
  return c;
}

}  // namespace convcheck::cpu::direct
