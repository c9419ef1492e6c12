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
// the ones before. The data have to be zero-mean for it to hold. For a user's constants and biases
// there is a second threshold, of errors of any kind that the rigorous bound of an element allows
// (Jeannerod and Rump 2013, see judge.h): `impossible` says that it was exceeded, too.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "reference/backend.h"
#include "reference/problem.h"

namespace convcheck {

struct RealCheck {
  bool violated = false;    // with an honest result in fewer than 2^-40 of all cases
  bool impossible = false;  // not even with rounding errors that all conspire, see below
  double worst_ratio = 0;   // largest |Q| / threshold; infinity when the result is not finite
  std::int64_t worst_position = 0;  // of the projected plane, row-major over g and what it kept
  std::int64_t positions = 0;       // of the projected plane
  std::int64_t unseen = 0;   // positions whose inputs are not finite, or too large to be squared
  double element_limit = 0;  // an error of this size (absolute) in one element is always seen,
                             // wherever it is
  double rms_limit = 0;      // in all elements of a position: sqrt(mean square) from which |Q|
                             // exceeds the threshold on average over the signs
};

// How sums are formed.
struct RealArithmetic {
  DataType accumulator = DataType::F32;
  int input_bits = 0;  // to which inputs are rounded; 0: they are not
};

struct RealState;  // internal
namespace projection {
struct RealSums;
struct ResultSums;
}  // namespace projection

class RealProjection {
 public:
  // The problem is valid and the host views fit it; the one that is computed is not read, only its
  // type, whose unit roundoff is that of one more rounding. Every element is read once. Throws
  // std::bad_alloc when the planes cannot be had.
  RealProjection(const ConvProblem& problem, const Operands& operands,
                 const RealArithmetic& arithmetic, std::uint64_t seed, int threads = 1);
  RealProjection(const ConvProblem& problem, const Operands& operands, DataType accumulator,
                 std::uint64_t seed)
      : RealProjection(problem, operands, RealArithmetic{accumulator}, seed) {}
  // Of sums that were formed elsewhere, with the signs of this seed (real_sums.h); `output` is the
  // type of the result.
  RealProjection(const ConvProblem& problem, projection::RealSums sums, DataType output,
                 const RealArithmetic& arithmetic, std::uint64_t seed, int threads = 1);
  ~RealProjection();
  RealProjection(RealProjection&&) noexcept;
  RealProjection& operator=(RealProjection&&) noexcept;

  // The check of a result that exists already, together with what it is checked by: faster than one
  // after the other. Every element of all three operands is read once.
  static std::pair<RealProjection, RealCheck> of_call(const ConvProblem& problem,
                                                      const Operands& operands,
                                                      const RealArithmetic& arithmetic,
                                                      std::uint64_t seed, int threads);

  // `result` is a host view of the problem's result shape and of the type given before.
  RealCheck check(const TensorView& result) const;
  // The squares are asked for where needs_squares().
  RealCheck check(const projection::ResultSums& sums) const;
  bool needs_squares() const;

  // +1 or -1 for every index of the two letters that are summed away, see summed_extents().
  const std::array<std::vector<double>, 2>& signs() const;

 private:
  std::unique_ptr<const RealState> state_;
};

}  // namespace convcheck
