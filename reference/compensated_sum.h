// A dot product in twice the working precision.
#pragma once

#include <cmath>
#include <cstdint>

#include "reference/oracle.h"

namespace convcheck {

// Ogita, Rump, Oishi, "Accurate sum and dot product",
// SIAM J. Sci. Comput. 26 (2005), algorithm 5.3.
class CompensatedSum {
 public:
  void add_product(double a, double b) {
    const double product = a * b;
    const double product_error = std::fma(a, b, -product);
    const double sum = value_ + product;
    const double shift = sum - value_;
    const double sum_error = (value_ - (sum - shift)) + (product - shift);
    value_ = sum;
    error_ += product_error + sum_error;
    magnitude_ += std::abs(product);
    ++terms_;
  }

  // An infinity or a NaN makes the error terms meaningless; the plain sum then has the right class.
  Sum sum() const {
    const double corrected = value_ + error_;
    return {std::isfinite(corrected) ? corrected : value_, magnitude_, terms_};
  }

 private:
  // In this order because gcc updates neighbours as one vector, and value_ must not wait for the
  // chain of error_.
  double value_ = 0, magnitude_ = 0, error_ = 0;
  std::int64_t terms_ = 0;
};

}  // namespace convcheck
