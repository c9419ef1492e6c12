// Verifies a finished result of integers without computing a second one.
//
// Source: R. Freivalds, "Probabilistic machines can use less running time", IFIP Congress 1977.
// Convolution is bilinear, so for any multipliers s (images) and r (filters), in every group and
// at every output o,
//
//   sum of s[n] r[k] y[n,k,o] = conv(x', w')[o]
//   with x'[c] = sum of s[n] x[n,c] and w'[c] = sum of r[k] w[k,c]
//
// and likewise for the gradients: with respect to the inputs n and c are projected, with respect to
// the filters k and c. What is left is one image and one filter a group. Both sides are computed
// mod 2^64 and compared at every position of the projected plane (g and the spatial coordinates;
// unshared filters keep their regions). s and r are random odd numbers.
//
// A right result always matches; a single wrong element in a position never does, and of several
// the miss probability is below 2^-40 whatever they are: derived beside miss_probability().
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/problem.h"

namespace convcheck {

// The probability, over the multipliers, that one round overlooks any given set of wrong elements
// when no result, right or wrong, exceeds `largest` in magnitude.
double miss_probability(double largest);

struct ProjectionCheck {
  bool representable = true;     // every element is finite, integral and at most `largest`
  std::int64_t positions = 0;    // of the projected plane
  std::int64_t mismatching = 0;  // of them, in any round
  int rounds = 1;
  double miss_probability = 0;  // that a wrong result matches; 0 where that cannot happen

  bool matches() const { return representable && mismatching == 0; }
};

struct LocateLimits {
  std::int64_t elements = 1024;  // as many are listed
  std::int64_t steps = std::int64_t{1}
                       << 26;  // products formed, but for one position and one element
};

struct Located {
  std::vector<WrongElement> wrong;  // in row-major order, each confirmed by the oracle
  bool complete = false;  // these are all of them; otherwise too many: the first and the last known
  std::int64_t positions = 0, mismatching = 0;  // of the projected plane
};

struct ExactState;  // internal

class ExactProjection {
 public:
  // The problem is valid and the host views fit it; the one that is computed is not read. The two
  // others hold integers up to 2^53 in magnitude and stay as they are while this object is in use.
  // No right result exceeds `largest` <= 2^53. Throws ConvError{Unsupported} when an operand holds
  // anything else or `largest` is none of this, std::bad_alloc when the planes cannot be had.
  ExactProjection(const ConvProblem& problem, const Operands& operands, double largest,
                  std::uint64_t seed);
  ~ExactProjection();
  ExactProjection(ExactProjection&&) noexcept;
  ExactProjection& operator=(ExactProjection&&) noexcept;

  // `result` is a view of the problem's result shape, any strides and type. From several threads
  // at once if need be. Device memory is projected by the device in use, in its own stream; throws
  // DeviceError (checker/device/device.h).
  ProjectionCheck check(const TensorView& result) const;

  // What is wrong with a result, a host view, that does not match. `wrong` is empty only if it
  // matches, or if a right result does exceed `largest`: then every element that does is right.
  Located locate(const TensorView& result, const LocateLimits& limits = {}) const;

  int rounds() const;
  double miss_probability() const;

 private:
  std::unique_ptr<const ExactState> state_;
};

}  // namespace convcheck
