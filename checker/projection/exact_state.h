// What ExactProjection holds. Internal to exact_projection.cpp and exact_locate.cpp.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "checker/projection/exact_projection.h"
#include "checker/projection/plane_convolution.h"
#include "checker/projection/planes.h"

namespace convcheck {

inline constexpr std::uint8_t kRight = 255;

// A result beside the operands: for each position of the plane the first round in which they
// differ, or kRight.
struct Compared {
  bool representable = true;
  std::int64_t mismatching = 0;
  std::vector<std::uint8_t> wrong;  // empty if none
};

inline projection::Operand result_operand(Direction direction) {
  return direction == Direction::Forward      ? projection::Operand::Y
         : direction == Direction::GradInputs ? projection::Operand::X
                                              : projection::Operand::W;
}

// The two operands that a direction reads, in the order x, w, y.
inline std::pair<projection::Operand, projection::Operand> read_operands(Direction direction) {
  using enum projection::Operand;
  return direction == Direction::Forward      ? std::pair{X, W}
         : direction == Direction::GradInputs ? std::pair{W, Y}
                                              : std::pair{X, Y};
}

struct ExactState {
  struct Round {
    projection::Multipliers<std::uint64_t> multipliers;
    std::array<std::uint64_t, 2> states;  // before the first of each, see random.h
    std::vector<std::uint64_t> expected;  // the plane of a right result
  };
  using Planes = std::pair<std::vector<std::uint64_t>, std::vector<std::uint64_t>>;

  ExactState(const ConvProblem& of, const Operands& with, double no_larger, std::uint64_t seed);

  const TensorView& operand(projection::Operand which) const {
    return which == projection::Operand::X   ? operands.x
           : which == projection::Operand::W ? operands.w
                                             : operands.y;
  }
  std::vector<std::uint64_t> expected_plane(const Round& round) const;
  // The whole plane of an operand; `good` becomes false where it is not made of integers.
  std::vector<std::uint64_t> projected(projection::Operand which, const Round& round, double limit,
                                       bool& good) const;
  Planes projected_operands(const Round& round) const;
  Compared compare(const TensorView& result) const;
  Compared compare_on_device(const TensorView& result) const;

  struct Groups {
    std::int64_t first, count, positions;  // positions of one group
  };
  void compare_groups(const TensorView& result, std::size_t number, const Groups& groups,
                      Compared& compared) const;
  void compare_plane(const std::uint64_t* plane, std::size_t number, std::int64_t first,
                     std::int64_t count, Compared& compared) const;

  ConvProblem problem;
  Operands operands;
  double largest;
  projection::PlaneConvolution<std::uint64_t> convolution;
  std::vector<Round> rounds;
};

}  // namespace convcheck
