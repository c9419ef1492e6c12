#include "checker/projection/call_parts.h"

namespace convcheck::projection {

Range share(std::int64_t count, int part, int parts) {
  const std::int64_t first = count * part / parts;
  return {first, count * (part + 1) / parts - first};
}

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

std::size_t split_axis(Direction direction) { return direction == Direction::GradWeights ? 0 : 1; }

Result some_of_result(Result result, const Range& range) {
  const std::size_t axis = split_axis(result.problem.direction);
  std::vector<double>& letters = result.signs[axis];
  const auto each = static_cast<std::int64_t>(letters.size());
  if (result.problem.groups > 1) {
    result.problem.groups = range.count;
    result.view = part(result.view, axis, range.first * each, range.count * each);
  } else {
    result.view = part(result.view, axis, range.first, range.count);
    letters = {letters.begin() + range.first, letters.begin() + range.first + range.count};
  }
  return result;
}

}  // namespace convcheck::projection
