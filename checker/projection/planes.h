// From an operand to its projected plane: which axes are summed away, and doing it in one pass.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "reference/problem.h"
#include "reference/tensor.h"

namespace convcheck::projection {

enum class Operand { X, W, Y };

// One axis of an operand whose channels are split into groups and channels of a group.
struct PlaneAxis {
  std::int64_t extent = 1;
  std::int64_t stride = 0;  // elements in the operand
  std::int64_t to = 0;      // elements in the plane; 0 where the axis is summed away
  int summed = -1;          // number of the multipliers, or -1: the axis is kept
};

struct PlaneMap {
  std::vector<PlaneAxis> axes;  // in the operand's order
  std::int64_t size = 0;        // elements of the plane
};

// The two letters that a direction sums away, and with which multipliers: forward n (0) and k (1),
// grad_inputs n (0) and c (1), grad_weights k (0) and c (1). The plane is row-major over what is
// left of  x: n, g, c/g, i...   w: g, k/g, (o...), c/g, f...   y: n, g, k/g, o...
PlaneMap plane_map(const ConvProblem& problem, Operand operand, const TensorView& view);

// Of the two letters of the direction: how many indices each has, within a group.
std::array<std::int64_t, 2> summed_extents(const ConvProblem& problem);

// Of the letter that both operands have and the result has not: how many indices, within a group.
std::int64_t summed_letter(const ConvProblem& problem);

// The coordinates first .. first + count - 1 of an axis of a view.
TensorView part(TensorView view, std::size_t axis, std::int64_t first, std::int64_t count);

template <class T>
using Multipliers = std::array<std::vector<T>, 2>;

// plane[...] += sum of multipliers * element, with `plane` as map.size numbers; and, unless
// `squares` is null, squares[...] += sum of element^2 in the same pass, with T double. Returns,
// with T std::uint64_t, whether every element is an integer of at most `limit` in magnitude; if
// not, the plane means nothing where one is not. With T double always true.
template <class T>
bool add_projection(const TensorView& view, const PlaneMap& map, const Multipliers<T>& multipliers,
                    double limit, T* plane, double* squares = nullptr);

extern template bool add_projection(const TensorView&, const PlaneMap&,
                                    const Multipliers<std::uint64_t>&, double, std::uint64_t*,
                                    double*);
extern template bool add_projection(const TensorView&, const PlaneMap&, const Multipliers<double>&,
                                    double, double*, double*);

}  // namespace convcheck::projection
