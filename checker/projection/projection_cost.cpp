#include "checker/projection/projection_cost.h"

#include "checker/projection/lattice.h"
#include "checker/sample.h"

namespace convcheck {
namespace {

// Measured on one core of an AMD EPYC (Zen 4, AVX-512), tensors of 1e5 to 1e7 elements, the best of
// five runs. A pass over an operand: 0.25 to 0.30 ns per element, short rows of filters up to 0.4.
constexpr double kPass = 0.3e-9;
// Summing squares in the same pass, in f64.
constexpr double kSquares = 0.1e-9;
// Convolving the planes: a product of the forward map and of the gradient with respect to the
// inputs; of that with respect to the weights; an element of a plane that is padded or widened.
constexpr double kProduct = 0.09e-9, kWeightProduct = 0.25e-9, kPlaneElement = 0.5e-9;
// A tap, however few outputs it has; an element of the filters' plane, which is new memory.
constexpr double kTap = 4e-9, kFilterElement = 2e-9;
// Making what a projection needs, and one check.
constexpr double kPrepare = 1.5e-6, kCheck = 0.3e-6;
// The oracle: an element, a position of its window, a product.
constexpr double kElement = 100e-9, kPosition = 9e-9, kOracleProduct = 3.3e-9;

double count(const Shape& shape) { return static_cast<double>(element_count(shape)); }

// Elements of the two operands that the direction reads.
double read_elements(const ConvProblem& problem) {
  return count(problem.x_shape()) + count(problem.w_shape()) + count(problem.y_shape()) -
         count(problem.result_shape());
}

// Seconds to convolve the projected planes; much where pads or dilations are far larger than
// inputs and outputs, because gaps are computed too.
double planes_cost(const ConvProblem& problem) {
  const projection::Lattice lattice(problem);
  const bool of_weights = problem.direction == Direction::GradWeights;
  const bool of_inputs = problem.direction == Direction::GradInputs;
  const double planes = static_cast<double>(of_weights  ? problem.batch * problem.groups
                                            : of_inputs ? problem.filters
                                                        : problem.channels);
  const auto run = static_cast<double>(of_inputs ? lattice.part() : lattice.wide());
  const double product = of_weights || problem.unshared ? kWeightProduct : kProduct;
  const auto taps = static_cast<double>(lattice.taps());
  const double filters =
      of_weights ? 0
                 : planes * taps * (problem.unshared ? static_cast<double>(lattice.outputs()) : 1);
  return planes * taps * (run * product + kTap) + filters * kFilterElement +
         planes * static_cast<double>(lattice.size() + lattice.outputs()) * kPlaneElement;
}

// The products of one element that meet at one position of its window.
double products_at_a_position(const ConvProblem& problem) {
  return static_cast<double>(problem.direction == Direction::Forward      ? problem.group_channels()
                             : problem.direction == Direction::GradInputs ? problem.group_filters()
                                                                          : problem.batch);
}

}  // namespace

ProjectionCost exact_projection_cost(const ConvProblem& problem, int rounds) {
  return {rounds * (kPrepare + read_elements(problem) * kPass + planes_cost(problem)),
          rounds * (kCheck + count(problem.result_shape()) * kPass)};
}

ProjectionCost real_projection_cost(const ConvProblem& problem) {
  return {2 * kPrepare + read_elements(problem) * (kPass + kSquares) + 2 * planes_cost(problem),
          kCheck + count(problem.result_shape()) * kPass};
}

double full_loops_cost(const ConvProblem& problem) {
  const auto steps = static_cast<double>(oracle_steps(problem));
  const double together = products_at_a_position(problem);
  const double positions = together > 0 ? steps / together : 0;
  return count(problem.result_shape()) *
         (kElement + positions * kPosition + steps * kOracleProduct);
}

}  // namespace convcheck
