#include "tests/gpu/stand_in/cudnn_operation.h"

#include <algorithm>

namespace convcheck::cudnn_stand_in {
namespace {

using List = std::vector<Product>;

// Along one spatial axis, with the tap that meets input `i` in output `o` in place i - o * stride.
struct Axis {
  std::int64_t inputs, taps, outputs, x, w, y, pad, stride, dilation;
  bool reverses;

  std::int64_t w_offset(std::int64_t tap) const { return (reverses ? taps - 1 - tap : tap) * w; }
  std::int64_t input(std::int64_t output, std::int64_t tap) const {
    return output * stride + tap * dilation - pad;
  }
  bool has_input(std::int64_t at) const { return at >= 0 && at < inputs; }
};

List pairs(const Axis& axis, Wanted wanted, std::int64_t at) {
  List list;
  if (wanted == Wanted::W) {  // `at` is a place in memory; which tap lies there?
    const std::int64_t tap = axis.reverses ? axis.taps - 1 - at : at;
    for (std::int64_t o = 0; o < axis.outputs; ++o) {
      const std::int64_t i = axis.input(o, tap);
      list.push_back({axis.has_input(i) ? i * axis.x : 0, o * axis.y, !axis.has_input(i)});
    }
    return list;
  }
  for (std::int64_t tap = 0; tap < axis.taps; ++tap) {
    if (wanted == Wanted::Y) {
      const std::int64_t i = axis.input(at, tap);
      list.push_back({axis.has_input(i) ? i * axis.x : 0, axis.w_offset(tap), !axis.has_input(i)});
      continue;
    }
    for (std::int64_t o = 0; o < axis.outputs; ++o) {
      if (axis.input(o, tap) == at) list.push_back({o * axis.y, axis.w_offset(tap), false});
    }
  }
  return list;
}

Axis axis_of(const Operation& operation, std::size_t axis) {
  const std::size_t d = axis + 2;
  return {.inputs = operation.x.extents[d],
          .taps = operation.w.extents[d],
          .outputs = operation.y.extents[d],
          .x = operation.x.strides[d],
          .w = operation.w.strides[d],
          .y = operation.y.strides[d],
          .pad = operation.pads[axis],
          .stride = operation.strides[axis],
          .dilation = operation.dilations[axis],
          .reverses = operation.reverses};
}

// Over what is neither spatial nor in the result: channels of x, filters, or images.
List outer_pairs(const Operation& operation, std::int64_t first, std::int64_t second) {
  const auto &x = operation.x.strides, &w = operation.w.strides, &y = operation.y.strides;
  const std::int64_t channels = operation.w.extents[1];
  const std::int64_t filters = operation.w.extents[0] / operation.groups();
  List list;
  if (operation.wanted == Wanted::Y) {  // an image and a filter
    const std::int64_t group = second / filters;
    for (std::int64_t c = 0; c < channels; ++c) {
      list.push_back(
          {first * x[0] + (group * channels + c) * x[1], second * w[0] + c * w[1], false});
    }
  } else if (operation.wanted == Wanted::X) {  // an image and a channel
    const std::int64_t group = second / channels;
    for (std::int64_t k = group * filters; k < (group + 1) * filters; ++k) {
      list.push_back(
          {first * y[0] + k * y[1], k * w[0] + (second - group * channels) * w[1], false});
    }
  } else {  // a filter and a channel of its group
    const std::int64_t group = first / filters;
    for (std::int64_t n = 0; n < operation.x.extents[0]; ++n) {
      list.push_back(
          {n * x[0] + (group * channels + second) * x[1], n * y[0] + first * y[1], false});
    }
  }
  return list;
}

}  // namespace

bool TensorForm::elements_overlap() const {
  std::vector<std::size_t> order;
  for (std::size_t d = 0; d < extents.size(); ++d) {
    if (extents[d] > 1) order.push_back(d);
  }
  std::sort(order.begin(), order.end(),
            [this](std::size_t a, std::size_t b) { return strides[a] < strides[b]; });
  std::int64_t reach = 0;
  for (const std::size_t d : order) {
    if (strides[d] <= reach) return true;
    reach += (extents[d] - 1) * strides[d];
  }
  return false;
}

bool TensorForm::is_packed() const {
  std::int64_t count = 1, reach = 1;
  for (std::size_t d = 0; d < extents.size(); ++d) {
    count *= extents[d];
    reach += (extents[d] - 1) * strides[d];
  }
  return count == reach;
}

void for_each_result(const Operation& operation,
                     const std::function<void(std::int64_t, const Products&)>& visit) {
  const TensorForm& to = operation.result();
  // Lists for every coordinate of every axis; axes that there are not have one entry.
  std::vector<List> lists[3];
  std::int64_t strides[3] = {};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (axis >= operation.axes()) {
      lists[axis] = {List(1)};
      continue;
    }
    strides[axis] = to.strides[axis + 2];
    for (std::int64_t at = 0; at < to.extents[axis + 2]; ++at) {
      lists[axis].push_back(pairs(axis_of(operation, axis), operation.wanted, at));
    }
  }
  for (std::int64_t a = 0; a < to.extents[0]; ++a) {
    for (std::int64_t b = 0; b < to.extents[1]; ++b) {
      const List outer = outer_pairs(operation, a, b);
      std::int64_t first = a * to.strides[0] + b * to.strides[1];
      for (const List& i : lists[0]) {
        std::int64_t second = first;
        for (const List& j : lists[1]) {
          std::int64_t third = second;
          for (const List& k : lists[2]) {
            visit(third, {{&outer, &i, &j, &k}});
            third += strides[2];
          }
          second += strides[1];
        }
        first += strides[0];
      }
    }
  }
}

}  // namespace convcheck::cudnn_stand_in
