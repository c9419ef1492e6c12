#include "checker/projection/real_sums.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>

#include "checker/parallel.h"
#include "checker/projection/call_parts.h"
#include "checker/projection/plane_convolution.h"
#include "checker/projection/scratch.h"

namespace convcheck::projection {
namespace {

using Plane = std::vector<double>;

// To start a thread, or to join what a job gives, costs as much as reading so many elements.
constexpr std::int64_t kElementsOfAThread = std::int64_t{1} << 16;

std::int64_t read_elements(const ConvProblem& problem) {
  std::int64_t all = 0;
  for (const Shape& shape : {problem.x_shape(), problem.w_shape(), problem.y_shape()}) {
    all += element_count(shape);
  }
  return all - element_count(problem.result_shape());
}

Plane zeros(std::int64_t count) { return Plane(static_cast<std::size_t>(count)); }

// What RealSums holds of the squares of the whole plane of w.
Plane filter_squares(const ConvProblem& problem, std::span<const double> squares) {
  Plane sums;
  if (problem.unshared) sums.assign(squares.begin(), squares.end());
  const std::int64_t groups = problem.groups;
  const auto size = static_cast<std::ptrdiff_t>(squares.size()) / groups;
  const bool by_group = !problem.unshared && problem.direction != Direction::GradWeights;
  for (std::int64_t g = 0; by_group && g < groups; ++g) {
    const auto from = squares.begin() + g * size;
    sums.push_back(std::accumulate(from, from + size, 0.0));
  }
  return sums;
}

RealSums sums_of(const Call& call, const Multipliers<double>& signs) {
  const auto& [problem, operands] = call;
  const std::int64_t groups = problem.groups;
  RealSums sums;
  std::optional<ProjectedPlanes<double>> x, y;
  PlaneOperands<double> planes;
  Scratch<double> w, w_squares;
  if (problem.direction != Direction::GradInputs) {
    Shape input;
    for (const Window& window : problem.axes()) input.push_back(window.input);
    sums.x_squares = zeros(groups * element_count(input));
    planes.x = &x.emplace(problem, Operand::X, operands.x, signs, 0, sums.x_squares.data());
  }
  if (problem.direction != Direction::GradWeights) {
    const PlaneMap map = plane_map(problem, Operand::W, operands.w);
    w.resize(static_cast<std::size_t>(map.size));
    w_squares.resize(w.size());
    add_projection(operands.w, map, signs, 0, w.data(), w_squares.data());
    planes.w = w.data();
  }
  if (problem.direction != Direction::Forward) {
    sums.y_squares = zeros(groups * element_count(problem.output_extents()));
    planes.y = &y.emplace(problem, Operand::Y, operands.y, signs, 0, sums.y_squares.data());
  }
  sums.expected = PlaneConvolution<double>(problem).run(planes);
  sums.w_squares = filter_squares(problem, {w_squares.data(), w_squares.size()});
  return sums;
}

// The jobs in which several threads sum a call: of as many elements each as its threads need to be
// busy to the end, however late one of them is started.
constexpr int kJobsOfAThread = 2;

int jobs_of(std::int64_t units, std::int64_t elements, int threads) {
  if (threads == 1) return 1;
  const std::int64_t most = std::min(units, elements / kElementsOfAThread);
  return static_cast<int>(std::clamp<std::int64_t>(most, 1, kJobsOfAThread * threads));
}

Operand result_operand_of(Direction direction) {
  return direction == Direction::Forward      ? Operand::Y
         : direction == Direction::GradInputs ? Operand::X
                                              : Operand::W;
}

ResultSums sums_of_result(const Result& result, bool with_squares) {
  const Operand operand = result_operand_of(result.problem.direction);
  const PlaneMap map = plane_map(result.problem, operand, result.view);
  ResultSums sums{zeros(map.size), zeros(with_squares ? map.size : 0)};
  add_projection(result.view, map, result.signs, 0, sums.values.data(),
                 with_squares ? sums.squares.data() : nullptr);
  return sums;
}

// What is to be summed of a call, in jobs that any thread may do; what they give is joined in their
// order, so that the sums do not depend on which thread did what.
class Summation {
 public:
  Summation(const ConvProblem& problem, const Multipliers<double>& signs, int threads)
      : problem_(problem),
        signs_(signs),
        threads_(thread_count(threads)),
        split_(problem.groups > 1 ? Split::Groups : Split::Summed) {}

  void add_operands(const Operands& operands) {
    const Call whole{problem_, operands};
    const std::int64_t units = split_ == Split::Groups ? problem_.groups
                               : problem_.unshared     ? 1
                                                       : summed_letter(problem_);
    const int jobs = jobs_of(units, read_elements(problem_), threads_);
    for (int number = 0; number < jobs; ++number) {
      const Range range = share(units, number, jobs);
      calls_.push_back(jobs == 1                 ? whole
                       : split_ == Split::Groups ? some_groups(whole, range)
                                                 : some_summed(whole, range));
    }
  }

  void add_result(const TensorView& view, bool with_squares) {
    with_squares_ = with_squares;
    const Result whole{problem_, view, signs_};
    const auto letters = signs_[split_axis(problem_.direction)].size();
    const std::int64_t units =
        split_ == Split::Groups ? problem_.groups : static_cast<std::int64_t>(letters);
    const int jobs = jobs_of(units, view.size(), threads_);
    for (int number = 0; number < jobs; ++number) {
      results_.push_back(jobs == 1 ? whole : some_of_result(whole, share(units, number, jobs)));
    }
  }

  CallSums run() {
    std::vector<RealSums> operands(calls_.size());
    std::vector<ResultSums> results(results_.size());
    const int first = static_cast<int>(calls_.size());
    in_turn(first + static_cast<int>(results_.size()), threads_, [&](int job) {
      const auto at = static_cast<std::size_t>(job < first ? job : job - first);
      if (job < first) {
        operands[at] = sums_of(calls_[at], signs_);
      } else {
        results[at] = sums_of_result(results_[at], with_squares_);
      }
    });
    CallSums all;
    for (RealSums& some : operands) {
      const bool is_first = &some == operands.data();
      join(all.of_operands.expected, some.expected, is_first);
      join(all.of_operands.x_squares, some.x_squares, is_first);
      join(all.of_operands.y_squares, some.y_squares, is_first);
      join(all.of_operands.w_squares, some.w_squares, is_first);
    }
    for (ResultSums& some : results) {
      const bool is_first = &some == results.data();
      join(all.of_result.values, some.values, is_first);
      join(all.of_result.squares, some.squares, is_first);
    }
    return all;
  }

 private:
  void join(Plane& to, Plane& from, bool is_first) const {
    if (is_first) {
      to = std::move(from);
    } else if (split_ == Split::Groups) {
      to.insert(to.end(), from.begin(), from.end());
    } else {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
    }
  }

  const ConvProblem& problem_;
  const Multipliers<double>& signs_;
  int threads_;
  Split split_;
  bool with_squares_ = false;
  std::vector<Call> calls_;
  std::vector<Result> results_;
};

}  // namespace

RealSums real_sums(const ConvProblem& problem, const Operands& operands,
                   const Multipliers<double>& signs, int threads) {
  Summation summation(problem, signs, threads);
  summation.add_operands(operands);
  return summation.run().of_operands;
}

ResultSums result_sums(const ConvProblem& problem, const TensorView& result,
                       const Multipliers<double>& signs, bool with_squares, int threads) {
  Summation summation(problem, signs, threads);
  summation.add_result(result, with_squares);
  return summation.run().of_result;
}

CallSums call_sums(const ConvProblem& problem, const Operands& operands,
                   const Multipliers<double>& signs, bool with_squares, int threads) {
  Summation summation(problem, signs, threads);
  summation.add_operands(operands);
  summation.add_result(operands.result(problem.direction), with_squares);
  return summation.run();
}

}  // namespace convcheck::projection
