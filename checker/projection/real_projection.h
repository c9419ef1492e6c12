// Verifies a finished result of real numbers as a whole: what is wrong in many elements, not one
// lost tap in a thousand of them.
//
// As ExactProjection, with random signs s and r, in f64. At every position of the projected plane
// the difference Q between the projected result and the result of the projected operands is the
// sum of s[n] r[k] e[n,k] over the errors of the elements, so E[Q^2] is the sum of their squares,
// whatever their correlation. It is compared with
//     kappa sqrt(terms) u sqrt(A B)  +  kappa' u_out sqrt(sum of y^2)  +  the judge's own rounding
// where A is the sum of the squares of the first operand's elements that meet at this position, B
// that of the second operand's. kappa contains what other bounds call lambda. Derivations are
// beside the code.
//
// The model is that of Higham and Mary 2019: the rounding errors of one sum have mean zero, given
// the ones before. The data have to be zero-mean for it to hold; for a user's constants and biases
// use the rigorous bound of every element.
#pragma once

#include <cstdint>
#include <memory>

#include "reference/backend.h"
#include "reference/problem.h"

namespace convcheck {

struct RealCheck {
  bool violated = false;       // with an honest result in fewer than 2^-40 of all cases
  double worst_ratio = 0;      // largest |Q| / threshold; infinity when the result is not finite
  std::int64_t positions = 0;  // of the projected plane
  double element_limit = 0;    // an error of this size (absolute) in one element is always seen,
                               // wherever it is
  double rms_limit = 0;        // in all elements of a position: sqrt(mean square) from which |Q|
                               // exceeds the threshold on average over the signs
};

struct RealState;  // internal

class RealProjection {
 public:
  // The unit roundoffs are those of `accumulator` and of the result's own type. The problem is
  // valid and the host views fit it; the one that is computed is not read, only its type. Throws
  // std::bad_alloc when the planes cannot be had.
  RealProjection(const ConvProblem& problem, const Operands& operands, DataType accumulator,
                 std::uint64_t seed);
  ~RealProjection();
  RealProjection(RealProjection&&) noexcept;
  RealProjection& operator=(RealProjection&&) noexcept;

  // `result` is a host view of the problem's result shape and of the type given before.
  RealCheck check(const TensorView& result) const;

 private:
  std::unique_ptr<const RealState> state_;
};

}  // namespace convcheck
