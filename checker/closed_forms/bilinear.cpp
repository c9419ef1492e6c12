// Bilinear upsampling by p/q on each axis, as interpolation: output v lies at
//
//   (q * v - floor((p - 1) / 2)) / p = j + r / p
//
// between elements j and j + 1, which weigh (p - r) / p and r / p; beyond both ends the edge goes
// on. And the kernels with which the documentation computes it.
#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "checker/closed_forms/formulas.h"

namespace convcheck::closed {
namespace {

// The ratio of an axis in lowest terms.
Ratio ratio_of(const Case& c, std::size_t axis) {
  require(c.ratio.size() == 1 || c.ratio.size() == 2, ErrorKind::Ratio, "ratio",
          static_cast<std::int64_t>(c.ratio.size()), "one or two");
  const Ratio& given = c.ratio[c.ratio.size() == 1 ? 0 : axis];
  require(given.numerator >= 1 && given.denominator >= 1, ErrorKind::Ratio, "ratio",
          std::min(given.numerator, given.denominator), ">= 1");
  const std::int64_t common = std::gcd(given.numerator, given.denominator);
  return {given.numerator / common, given.denominator / common};
}

// An element and its weight, in units of 1 / p.
struct Share {
  std::int64_t at, weight;
};

std::array<Share, 2> shares(const Ratio& ratio, std::int64_t extent, std::int64_t v) {
  const std::int64_t position = ratio.denominator * v - (ratio.numerator - 1) / 2;
  const std::int64_t j = floor_of(position, ratio.numerator), r = position - j * ratio.numerator;
  const auto inside = [&](std::int64_t at) { return std::clamp<std::int64_t>(at, 0, extent - 1); };
  return {Share{inside(j), ratio.numerator - r}, Share{inside(j + 1), r}};
}

}  // namespace

ClosedForm upsampled(const Case& c) {
  const Ratio rows = ratio_of(c, 0), columns = ratio_of(c, 1);
  require(std::min(c.x[2], c.x[3]) >= 1, ErrorKind::InputShape, "input extent",
          std::min(c.x[2], c.x[3]), ">= 1");
  const Shape value{c.x[0], c.x[1], ceiling_of(c.x[2] * rows.numerator, rows.denominator),
                    ceiling_of(c.x[3] * columns.numerator, columns.denominator)};
  const auto each = [=](const ClosedForm::Visit& visit) {
    for_each_index(value, [&](const Index& to) {
      for (const Share& row : shares(rows, c.x[2], to[2])) {
        for (const Share& column : shares(columns, c.x[3], to[3])) {
          const std::int64_t weight = row.weight * column.weight;
          if (weight == 0) continue;
          visit({Index{to[0], to[1], row.at, column.at}, to, Index(), Index()},
                static_cast<double>(weight));
        }
      }
    });
  };
  return {{"x", "value"},
          {c.x, value},
          static_cast<double>(rows.numerator * columns.numerator),
          4 * count(value),
          each};
}

// A pyramid of 2 r - 1 elements on each axis: 1, 2, ... r, ... 2, 1, in units of 1 / r.
ClosedForm pyramid(const Case& c) {
  const bool flat = c.function == Function::BilinearKernel1D;
  Shape value;
  double denominator = 1;
  for (std::size_t axis = 0; axis < (flat ? 1 : 2); ++axis) {
    const Ratio& ratio = c.ratio.at(c.ratio.size() == 1 ? 0 : axis);
    require(ratio.denominator == 1 && ratio.numerator >= 1, ErrorKind::Ratio, "ratio",
            ratio.denominator, "an integer");
    value.push_back(2 * ratio.numerator - 1);
    if (c.normalize) denominator *= static_cast<double>(ratio.numerator);
  }
  const auto each = [=](const ClosedForm::Visit& visit) {
    for_each_index(value, [&](const Index& at) {
      double height = 1;
      for (std::size_t axis = 0; axis < at.size(); ++axis) {
        const std::int64_t top = (value[axis] - 1) / 2;
        height *= static_cast<double>(top + 1 - std::abs(at[axis] - top));
      }
      visit({at, Index(), Index(), Index()}, height);
    });
  };
  return {{"value"}, {value}, denominator, count(value), each};
}

}  // namespace convcheck::closed
