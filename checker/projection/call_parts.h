// A call, and its result, in parts that several threads can sum. Internal to real_sums.cpp.
#pragma once

#include <cstdint>

#include "checker/projection/planes.h"
#include "reference/backend.h"
#include "reference/problem.h"

namespace convcheck::projection {

// How a call is shared among threads: by groups, whose results lie one behind the other, or by the
// letter that both operands have and the result has not, over which partial results are added.
enum class Split { Groups, Summed };

struct Range {
  std::int64_t first, count;
};
// Part number `part` of `parts` nearly equal ones.
Range share(std::int64_t count, int part, int parts);

struct Call {
  ConvProblem problem;
  Operands operands;
};
Call some_groups(Call call, const Range& groups);
// Of a problem with one group and shared filters.
Call some_summed(Call call, const Range& range);

struct Result {
  ConvProblem problem;
  TensorView view;
  Multipliers<double> signs;
};
// The second letter of the direction's signs is that of the result's axis which is split; of
// grad_weights, the first.
std::size_t split_axis(Direction direction);
// Some of the groups, or, of one group, some of the split axis.
Result some_of_result(Result result, const Range& range);

}  // namespace convcheck::projection
