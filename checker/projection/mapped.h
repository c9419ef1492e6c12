// From the elements of an operand to the places of its projected plane, and back. Internal.
#pragma once

#include <algorithm>
#include <array>

#include "checker/projection/planes.h"

namespace convcheck::projection {

struct Mapped {
  Operand operand;
  const TensorView& view;
  PlaneMap map;
  std::int64_t group_size;  // of the axis that is split into groups

  Mapped(const ConvProblem& problem, Operand which, const TensorView& of)
      : operand(which),
        view(of),
        map(projection::plane_map(problem, which, of)),
        group_size(of.extents[split_axis()] / problem.groups) {}

  std::size_t split_axis() const { return operand == Operand::W ? 0 : 1; }

  // The place in the plane of the element's kept coordinates.
  std::int64_t place(const Index& at) const {
    std::int64_t place = 0;
    std::size_t axis = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (i == split_axis()) {
        place += at[i] / group_size * map.axes[axis].to;
        place += at[i] % group_size * map.axes[axis + 1].to;
        axis += 2;
      } else {
        place += at[i] * map.axes[axis++].to;
      }
    }
    return place;
  }

  // The element at a place of the plane, the two summed coordinates being `summed`.
  Index element(std::int64_t place, const std::array<std::int64_t, 2>& summed) const {
    Index at;
    const auto coordinate = [&](const PlaneAxis& axis) {
      return axis.summed >= 0 ? summed[static_cast<std::size_t>(axis.summed)]
                              : place / axis.to % axis.extent;
    };
    for (std::size_t axis = 0; axis < map.axes.size(); ++axis) {
      if (axis == split_axis()) {
        const std::int64_t g = coordinate(map.axes[axis]);
        at.push_back(g * group_size + coordinate(map.axes[axis + 1]));
        ++axis;
      } else {
        at.push_back(coordinate(map.axes[axis]));
      }
    }
    return at;
  }

  // Elements from one index of a summed letter to the next; 0 if the operand has not got it.
  std::int64_t step(int letter) const {
    for (const PlaneAxis& axis : map.axes) {
      if (axis.summed == letter) return axis.stride;
    }
    return 0;
  }
  bool has(int letter) const {
    return std::any_of(map.axes.begin(), map.axes.end(),
                       [&](const PlaneAxis& axis) { return axis.summed == letter; });
  }
};

}  // namespace convcheck::projection
