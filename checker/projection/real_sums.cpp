#include "checker/projection/real_sums.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>

#include "checker/parallel.h"
#include "checker/projection/plane_convolution.h"
#include "checker/projection/scratch.h"

namespace convcheck::projection {
namespace {

using Plane = std::vector<double>;

// To start a thread costs as much as reading so many elements.
constexpr std::int64_t kElementsOfAThread = std::int64_t{1} << 16;

// How a call is shared among threads: by groups, whose results lie one behind the other, or by the
// letter that both operands have and the result has not, over which partial results are added.
enum class Split { Groups, Summed };

struct Range {
  std::int64_t first, count;
};

// Part number `part` of `parts` nearly equal ones.
Range share(std::int64_t count, int part, int parts) {
  const std::int64_t first = count * part / parts;
  return {first, count * (part + 1) / parts - first};
}

std::int64_t summed_letter(const ConvProblem& problem) {
  switch (problem.direction) {
    case Direction::GradInputs:
      return problem.group_filters();
    case Direction::GradWeights:
      return problem.batch;
    default:
      return problem.group_channels();
  }
}

std::int64_t read_elements(const ConvProblem& problem) {
  std::int64_t all = 0;
  for (const Shape& shape : {problem.x_shape(), problem.w_shape(), problem.y_shape()}) {
    all += element_count(shape);
  }
  return all - element_count(problem.result_shape());
}

struct Call {
  ConvProblem problem;
  Operands operands;
};

Call some_groups(Call call, const Range& groups) {
  ConvProblem& problem = call.problem;
  const std::int64_t channels = problem.group_channels(), filters = problem.group_filters();
  call.operands.x = part(call.operands.x, 1, groups.first * channels, groups.count * channels);
  call.operands.w = part(call.operands.w, 0, groups.first * filters, groups.count * filters);
  call.operands.y = part(call.operands.y, 1, groups.first * filters, groups.count * filters);
  problem.groups = groups.count;
  problem.channels = groups.count * channels;
  problem.filters = groups.count * filters;
  return call;
}

// Of a problem with one group and shared filters.
Call some_summed(Call call, const Range& range) {
  Operands& operands = call.operands;
  switch (call.problem.direction) {
    case Direction::GradInputs:
      call.problem.filters = range.count;
      operands.y = part(operands.y, 1, range.first, range.count);
      operands.w = part(operands.w, 0, range.first, range.count);
      break;
    case Direction::GradWeights:
      call.problem.batch = range.count;
      operands.x = part(operands.x, 0, range.first, range.count);
      operands.y = part(operands.y, 0, range.first, range.count);
      break;
    default:
      call.problem.channels = range.count;
      operands.x = part(operands.x, 1, range.first, range.count);
      operands.w = part(operands.w, 1, range.first, range.count);
  }
  return call;
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

void append(Plane& to, const Plane& from) { to.insert(to.end(), from.begin(), from.end()); }

void add(Plane& to, const Plane& from) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

void join(Plane& to, const Plane& from, Split split) {
  split == Split::Groups ? append(to, from) : add(to, from);
}

// Squares of x or y, whose plane has `size` elements: summed over the planes of a group.
Plane group_squares(const ConvProblem& problem, const double* squares, std::int64_t size) {
  const bool by_image = problem.direction == Direction::GradWeights;
  const std::int64_t planes = summed_letter(problem);
  Plane sums = zeros(problem.groups * size);
  for (std::int64_t g = 0; g < problem.groups; ++g) {
    for (std::int64_t m = 0; m < planes; ++m) {
      const double* from = squares + (by_image ? m * problem.groups + g : g * planes + m) * size;
      for (std::int64_t at = 0; at < size; ++at) sums[std::size_t(g * size + at)] += from[at];
    }
  }
  return sums;
}

}  // namespace

RealSums real_sums(const ConvProblem& problem, const WholePlanes& planes) {
  RealSums sums;
  std::int64_t inputs = 1;
  for (const Window& window : problem.axes()) inputs *= window.input;
  const std::int64_t outputs = element_count(problem.output_extents());
  StoredPlanes<double> x(problem, inputs, planes.x.values), y(problem, outputs, planes.y.values);
  PlaneOperands<double> of;
  if (problem.direction != Direction::GradInputs) {
    of.x = &x;
    sums.x_squares = group_squares(problem, planes.x.squares, inputs);
  }
  if (problem.direction != Direction::Forward) {
    of.y = &y;
    sums.y_squares = group_squares(problem, planes.y.squares, outputs);
  }
  if (problem.direction != Direction::GradWeights) {
    of.w = planes.w.values;
    ConvProblem one = problem;  // w's plane has one of the projected letter
    (problem.direction == Direction::Forward ? one.filters : one.channels) = problem.groups;
    const auto size = static_cast<std::size_t>(element_count(one.w_shape()));
    sums.w_squares = filter_squares(problem, {planes.w.squares, size});
  }
  sums.expected = PlaneConvolution<double>(problem).run(of);
  return sums;
}

RealSums real_sums(const ConvProblem& problem, const Operands& operands,
                   const Multipliers<double>& signs, int threads) {
  const Call whole{problem, operands};
  const Split split = problem.groups > 1 ? Split::Groups : Split::Summed;
  const std::int64_t units = split == Split::Groups ? problem.groups
                             : problem.unshared     ? 1
                                                    : summed_letter(problem);
  const int parts = static_cast<int>(std::clamp<std::int64_t>(
      std::min(units, read_elements(problem) / kElementsOfAThread), 1, thread_count(threads)));
  if (parts == 1) return sums_of(whole, signs);
  std::vector<RealSums> sums(static_cast<std::size_t>(parts));
  in_parallel(parts, [&](int number) {
    const Range range = share(units, number, parts);
    const Call call =
        split == Split::Groups ? some_groups(whole, range) : some_summed(whole, range);
    sums[static_cast<std::size_t>(number)] = sums_of(call, signs);
  });
  for (std::size_t i = 1; i < sums.size(); ++i) {
    join(sums[0].expected, sums[i].expected, split);
    join(sums[0].x_squares, sums[i].x_squares, split);
    join(sums[0].y_squares, sums[i].y_squares, split);
    join(sums[0].w_squares, sums[i].w_squares, split);
  }
  return std::move(sums[0]);
}

namespace {

// The result's axis that has the split letter, and which multipliers that letter has.
struct SplitAxis {
  std::size_t axis, letter;
};

SplitAxis split_axis(Direction direction) {
  if (direction == Direction::GradWeights) return {0, 0};
  return {1, 1};
}

Operand result_operand_of(Direction direction) {
  return direction == Direction::Forward      ? Operand::Y
         : direction == Direction::GradInputs ? Operand::X
                                              : Operand::W;
}

ResultSums sums_of_result(const ConvProblem& problem, const TensorView& result,
                          const Multipliers<double>& signs, bool with_squares) {
  const PlaneMap map = plane_map(problem, result_operand_of(problem.direction), result);
  ResultSums sums{zeros(map.size), zeros(with_squares ? map.size : 0)};
  add_projection(result, map, signs, 0, sums.values.data(),
                 with_squares ? sums.squares.data() : nullptr);
  return sums;
}

}  // namespace

ResultSums result_sums(const ConvProblem& problem, const TensorView& result,
                       const Multipliers<double>& signs, bool with_squares, int threads) {
  const Split split = problem.groups > 1 ? Split::Groups : Split::Summed;
  const SplitAxis at = split_axis(problem.direction);
  const auto letters = static_cast<std::int64_t>(signs[at.letter].size());
  const std::int64_t units = split == Split::Groups ? problem.groups : letters;
  const int parts = static_cast<int>(std::clamp<std::int64_t>(
      std::min(units, result.size() / kElementsOfAThread), 1, thread_count(threads)));
  if (parts == 1) return sums_of_result(problem, result, signs, with_squares);
  std::vector<ResultSums> sums(static_cast<std::size_t>(parts));
  in_parallel(parts, [&](int number) {
    const Range range = share(units, number, parts);
    ConvProblem some = problem;
    Multipliers<double> own = signs;
    const std::int64_t each = split == Split::Groups ? letters : 1;
    if (split == Split::Groups) {
      some.groups = range.count;
    } else {
      own[at.letter].assign(signs[at.letter].begin() + range.first,
                            signs[at.letter].begin() + range.first + range.count);
    }
    sums[static_cast<std::size_t>(number)] = sums_of_result(
        some, part(result, at.axis, range.first * each, range.count * each), own, with_squares);
  });
  for (std::size_t i = 1; i < sums.size(); ++i) {
    join(sums[0].values, sums[i].values, split);
    join(sums[0].squares, sums[i].squares, split);
  }
  return std::move(sums[0]);
}

}  // namespace convcheck::projection
