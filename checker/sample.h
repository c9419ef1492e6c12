// Which elements of a result are judged against the definition.
//
// All of them when the whole result costs the oracle at most `limits.taps` steps. Otherwise a
// stratified sample of as many elements as `limits` allow, drawn without repetition until that many
// differ:
//   - corners: every axis of the result at its first or last coordinate, the last corner and the
//   first corner first;
//   - rows of representatives: each row takes one coordinate of every axis from that axis's list,
//   so that after as many
//     rows as the longest list has entries every listed coordinate was judged. The lists are
//       batch          first and last image,
//       channels       first and last channel of each group (of more than 16 groups: the first, the
//       last and random ones), spatial axes   the first and the last coordinate of every border
//       class, a class being the set of filter taps that
//                      meet data there (for gradients: of filter taps that reach an output), so
//                      phases of a stride too,
//       filter axes    every coordinate, of more than 64 the outermost;
//   - random elements.
// In turn: a row, a corner, a random element. The draw depends on the seed alone.
#pragma once

#include <cstdint>
#include <vector>

#include "reference/problem.h"

namespace convcheck {

// The number of sampled elements is taps / oracle_steps(problem), kept between `least` and
// `elements`; where `least` elements would cost more than 4 * taps, fewer, but two, or `least` if
// that is less.
struct SampleLimits {
  std::int64_t taps = std::int64_t{1} << 20;  // steps of the oracle for one case
  std::int64_t elements = 2048;
  std::int64_t least = 8;
};

struct Sample {
  std::vector<Index> elements;
  bool all = false;  // every element of the result
};

Sample sample(const ConvProblem& problem, const SampleLimits& limits, std::uint64_t seed);

// The steps of the oracle's loop for one element: a product each, or one that padding or a stride
// leaves out.
std::int64_t oracle_steps(const ConvProblem& problem);

// The number of elements that sample() gives.
std::int64_t sample_size(const ConvProblem& problem, const SampleLimits& limits);

// The representatives of the spatial `axis` of an input (GradInputs) or output (otherwise),
// ascending.
std::vector<std::int64_t> border_classes(const ConvProblem& problem, std::size_t axis);

}  // namespace convcheck
