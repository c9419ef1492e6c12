#include "fast/case_options.h"

#include <string>

namespace convcheck {

const Ratio& ratio_at(const Case& c, std::size_t axis) {
  if (c.ratio.empty() || c.ratio.size() > 2) {
    throw ConvError(ErrorKind::Ratio, "ratio", std::to_string(c.ratio.size()) + " ratios",
                    "1 or 2");
  }
  return c.ratio[c.ratio.size() == 1 ? 0 : axis];
}

std::int64_t integer_ratio_at(const Case& c, std::size_t axis) {
  const Ratio& ratio = ratio_at(c, axis);
  if (ratio.denominator == 1 && ratio.numerator >= 1) return ratio.numerator;
  throw ConvError(ErrorKind::Ratio, "ratio",
                  std::to_string(ratio.numerator) + "/" + std::to_string(ratio.denominator),
                  "an integer >= 1");
}

BilinearUpsamplingOptions bilinear_options(const Case& c) {
  const FracRatio frac(ratio_at(c, 0), ratio_at(c, 1));
  if (c.function == Function::FracBilinearUpsampling) {
    return {.frac_ratio = frac, .use_1D_kernel = false};
  }
  const bool one_integer = c.ratio.size() == 1 && c.ratio[0].denominator == 1;
  if (one_integer) return {.ratio = c.ratio[0].numerator, .use_1D_kernel = c.use_1D_kernel};
  return {.frac_ratio = frac, .use_1D_kernel = c.use_1D_kernel};
}

}  // namespace convcheck
