#include "checker/projection/real_bound.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "checker/projection/plane_convolution.h"

namespace convcheck::projection {
namespace {

constexpr double kFailure = 0x1p-41;
// Sums of up to 2^32 squares in f64 are off by less than this, relatively.
constexpr double kSlack = 1 + 0x1p-20;

// Even moments. Khintchine 1923 (multiply out and compare with independent normal variables):
//   E|sum a[i] s[i]|^q <= (q-1)!! ||a||^q   for random signs s and even q, and (q-1)!! <= sqrt(2)
//   (q/e)^(q/2) by Stirling's formula with Robbins' bounds.
// Applied to s for fixed r, then, with Minkowski's inequality in L^(q/2), to r:
//   E|Q|^q <= ((q-1)!!)^L sigma^q  for L letters and fixed E. (Hypercontractivity alone gives
//   (q-1)^(q L/2) and from it exp(-1 - kappa/e) for L = 2; this is smaller by e^(q L/2).)
// Roundings: Azuma 1967, E exp(theta M) <= exp(theta^2 v / 2) with v the sum of c[j]^2, and
// z^q <= q! cosh(theta z) / theta^q; with theta^2 = q / v
//   E|M|^q <= q! (e/q)^(q/2) v^(q/2) <= sqrt(2 pi q) e^(1/(12 q)) (q/e)^(q/2) v^(q/2).
// Minkowski again: E|Q|^q <= ((q-1)!!)^L q! (e/q)^(q/2) sigma^q.
// Markov with kappa = q^(d/2), d = L for fixed E and L + 1 for roundings:
//   P(|Q| > kappa sigma) <= 2^(L/2) e^(-d q/2) [ sqrt(2 pi q) e^(1/(12 q)) for roundings ].
// The smallest even q is taken for which `positions` times that is at most 2^-41.
double kappa(int letters, bool roundings, std::int64_t positions) {
  const int degree = letters + (roundings ? 1 : 0);
  if (degree == 0) return 1;
  const double wanted =
      std::log(kFailure / static_cast<double>(std::max<std::int64_t>(positions, 1)));
  for (double q = 2;; q += 2) {
    double log_failure = letters * std::log(2.0) / 2 - degree * q / 2;
    if (roundings) log_failure += std::log(2 * std::numbers::pi * q) / 2 + 1 / (12 * q);
    if (log_failure <= wanted) return std::pow(q, degree / 2.0);
  }
}

using Plane = std::vector<double>;

// Sums of a plane [outer][summed][inner] over its middle.
Plane summed_middle(const Plane& plane, std::int64_t outer, std::int64_t inner) {
  Plane sums(static_cast<std::size_t>(outer * inner));
  if (plane.empty()) return sums;
  const std::int64_t middle = static_cast<std::int64_t>(plane.size()) / (outer * inner);
  for (std::int64_t i = 0; i < outer * middle; ++i) {
    for (std::int64_t j = 0; j < inner; ++j) {
      sums[std::size_t(i / middle * inner + j)] += plane[std::size_t(i * inner + j)];
    }
  }
  return sums;
}

std::int64_t plane_size(const Plane& planes, std::int64_t groups) {
  return static_cast<std::int64_t>(planes.size()) / groups;
}

// The same problem with one image, and one channel and filter a group: the letter that is not
// projected is summed away as well.
ConvProblem with_one_plane(ConvProblem problem) {
  problem.batch = 1;
  problem.channels = problem.filters = problem.groups;
  return problem;
}

// For every group the sum of the squares of all filter elements that one position can meet.
Plane filter_norms(const ConvProblem& problem, const Plane& w) {
  const std::int64_t groups = problem.groups;
  if (!problem.unshared) return w;
  Shape filter;
  for (const Window& window : problem.axes()) filter.push_back(window.filter);
  const std::int64_t outputs = element_count(problem.output_extents()),
                     taps = element_count(filter);
  // [g][o][f]: a position of the inputs meets each tap in one region, the largest at worst.
  const Plane of_regions = summed_middle(w, groups, outputs * taps);
  Plane norms(static_cast<std::size_t>(groups));
  for (std::int64_t g = 0; g < groups; ++g) {
    for (std::int64_t f = 0; f < taps; ++f) {
      double largest = 0;
      for (std::int64_t o = 0; o < outputs; ++o) {
        largest = std::max(largest, of_regions[std::size_t((g * outputs + o) * taps + f)]);
      }
      norms[static_cast<std::size_t>(g)] += largest;
    }
  }
  return norms;
}

// `norms` holds one number for every so many positions.
Plane times(Plane positions, const Plane& norms) {
  const std::size_t each = norms.empty() ? 1 : positions.size() / norms.size();
  for (std::size_t position = 0; position < positions.size(); ++position) {
    positions[position] *= norms[position / each] * kSlack;
  }
  return positions;
}

Plane forward_products(const ConvProblem& problem, const RealSums& sums) {
  ConvProblem one = with_one_plane(problem);
  one.unshared = false;
  const std::int64_t groups = problem.groups, outputs = element_count(problem.output_extents());
  const Plane ones(static_cast<std::size_t>(element_count(one.w_shape())), 1.0);
  StoredPlanes<double> source(one, plane_size(sums.x_squares, groups), sums.x_squares.data());
  return times(
      PlaneConvolution<double>(one).run({&source, ones.data(), nullptr}),
      problem.unshared ? summed_middle(sums.w_squares, groups * outputs, 1) : sums.w_squares);
}

Plane grad_inputs_products(const ConvProblem& problem, const RealSums& sums) {
  ConvProblem one = with_one_plane(problem);
  one.unshared = false;
  const Plane ones(static_cast<std::size_t>(element_count(one.w_shape())), 1.0);
  StoredPlanes<double> source(one, plane_size(sums.y_squares, problem.groups),
                              sums.y_squares.data());
  return times(PlaneConvolution<double>(one).run({nullptr, ones.data(), &source}),
               filter_norms(problem, sums.w_squares));
}

Plane grad_weights_products(const ConvProblem& problem, const RealSums& sums) {
  const ConvProblem one = with_one_plane(problem);
  const Plane& y = sums.y_squares;
  const Plane ones(problem.unshared ? 0 : y.size(), 1.0);
  StoredPlanes<double> inputs(one, plane_size(sums.x_squares, one.groups), sums.x_squares.data());
  StoredPlanes<double> outputs(one, plane_size(y, one.groups),
                               problem.unshared ? y.data() : ones.data());
  return times(PlaneConvolution<double>(one).run({&inputs, nullptr, &outputs}),
               problem.unshared ? Plane{1.0} : summed_middle(y, problem.groups, 1));
}

}  // namespace

double rounding_kappa(int letters, std::int64_t positions) {
  return kappa(letters, true, positions);
}

double fixed_kappa(int letters, std::int64_t positions) { return kappa(letters, false, positions); }

std::vector<double> norm_products(const ConvProblem& problem, const RealSums& sums) {
  switch (problem.direction) {
    case Direction::GradInputs:
      return grad_inputs_products(problem, sums);
    case Direction::GradWeights:
      return grad_weights_products(problem, sums);
    default:
      return forward_products(problem, sums);
  }
}

}  // namespace convcheck::projection
