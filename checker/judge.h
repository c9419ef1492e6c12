// Where numbers are judged, and nowhere else. Nothing is forgiven without a derivation.
//
// Integers (all fills but real): a result is right when it == the exact sum rounded once to the
// result's type, so -0 is 0. Where the exact sum is not a number or infinite, the result must be
// the same. Of a declared transform (Winograd, FFT) the result is first rounded to the nearest
// integer, which is allowed because the fill keeps the derived bound below one half.
//
// Real data: with n the number of products in an element, m the sum of their magnitudes and u the
// unit roundoff of the accumulator,
//
//   expected   min(exp(lambda sqrt(n) u + n u^2) - 1, n u) * m + r
//              with lambda = sqrt(2 ln(2 M / 2^-40)): holds for all M multiplications of the case
//              together with probability 1 - 2^-40 for rounding errors that are independent with
//              mean zero (Higham, Mary, "A new approach to probabilistic rounding error analysis",
//              SIAM J. Sci. Comput. 41 (2019), theorem 3.1)
//   rigorous   n * u * m + r                          always, for every order of summation
//              (Jeannerod, Rump, "Improved error bounds for inner products in floating-point
//              arithmetic", SIAM J. Matrix Anal. Appl. 34 (2013), theorem 4.2)
//
// where r is one rounding to the result's type, and n + 1 times the accumulator's smallest
// subnormal for products and sums that underflow. Inputs that a backend declares to round to fewer
// bits add 2 u_in + u_in^2 of m. A declared transform is held to its norm-wise bound instead:
// amplification * u * n * max|a| * max|b| + r.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checker/fill.h"
#include "reference/oracle.h"

namespace convcheck {

struct Bound {
  double expected = 0, rigorous = 0;
};

class Judge {
 public:
  Judge(const ConvProblem& problem, const CallTypes& types, const Data& data);

  // The exact sum as it is stored.
  double stored(const Sum& sum) const { return rounded(result_type_, sum.value); }
  // Zero for integers.
  Bound bound(const Sum& sum) const;
  // Our own data: within the expected bound, or equal.
  bool is_right(double got, const Sum& sum) const;
  // Anybody's data: not beyond the rigorous bound.
  bool is_possible(double got, const Sum& sum) const;

  double lambda() const { return lambda_; }
  DataType result_type() const { return result_type_; }
  // True when sums are compared with ==.
  bool exact() const { return exact_; }
  // Whether every result is stored without rounding, so that results may be projected exactly.
  bool stores_exactly() const;
  // The definition of "inexact": the sum of the positive or of the negative products exceeds what
  // is exact in any order; the fill, not the backend, is wrong then.
  bool fits(const Sum& sum) const;

 private:
  bool within(double got, const Sum& sum, double bound) const;

  DataType result_type_;
  CallTypes types_;
  bool exact_;
  double exact_up_to_, largest_, lambda_, terms_bound_;
};

// How far a result is off.
struct Deviation {
  double error = 0;      // |got - exact sum|; NaN when either is
  double in_bounds = 0;  // of the expected bound; infinite for a wrong integer
  double ulps = 0;       // of the result's type at the stored sum
};
Deviation deviation(const Judge& judge, double got, const Sum& sum);

// |a - b| in units of the last place of `type` at b; infinite when one is not finite.
double ulps_between(DataType type, double a, double b);

// The precision grade: the shortest arithmetic that explains the error of real data.
struct Graded {
  double got = 0;
  Sum sum;
};
// "f64", "f32", "TF32" (inputs rounded to 11 bits), "f16", "bf16", or "below bf16": the first whose
// model is no smaller than the rms error. The models are u * rms(m) for an accumulator of unit
// roundoff u, and 2 * 2^-11 * rms(m / sqrt(n)) for TF32 inputs. Results that are stored in f16 or
// bf16 have that grade at best. Empty for fewer than 1000 elements: their rms says too little.
std::string precision_grade(const std::vector<Graded>& elements, DataType result_type);

}  // namespace convcheck
