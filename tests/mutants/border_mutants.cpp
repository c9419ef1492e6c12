#include <algorithm>

#include "tests/mutants/planting.h"

namespace convcheck {
namespace {

using Place = std::int64_t (*)(std::int64_t i, const Window& window);

// Padding that holds other elements of the input instead of zeros.
Mistakes padded_with(Place place) {
  return {.pads = [place](const ConvProblem& problem, const TensorView& x, const Product& at,
                          double other) {
    Index from{at.n, at.channel};
    for (std::size_t axis = 0; axis < problem.rank; ++axis) {
      from.push_back(place(at.i[axis], problem.windows[axis]));
    }
    return x.at(from) * other;
  }};
}

std::int64_t edge(std::int64_t i, const Window& window) {
  return std::clamp<std::int64_t>(i, 0, window.input - 1);
}

std::int64_t mirror(std::int64_t i, const Window& window) {
  return edge(i < 0 ? -i : i < window.input ? i : 2 * (window.input - 1) - i, window);
}

bool reaches_the_pad_after(const ConvProblem& problem, const Product& at) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    const std::int64_t end = at.o[axis] * window.stride + window.dilated_filter();
    if (end > window.input + window.pad_before) return true;
  }
  return false;
}

void one_zero_less_before(const ConvProblem& problem, Product& at) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    if (problem.windows[axis].pad_before > 0) ++at.i[axis];
  }
  mark_padding(problem, at);
}

void half_of_the_undilated_filter(Window& window) {
  const std::int64_t half = window.dilated_filter() / 2;
  if (window.pad_before == half && window.pad_after == half) window.pad_before = window.filter / 2;
}

void exchange_rows_and_columns(ConvProblem& problem) {
  Window &first = problem.windows[0], &last = problem.windows[last_axis(problem)];
  std::swap(first.pad_before, last.pad_before);
  std::swap(first.pad_after, last.pad_after);
}

// A pad that covers the whole filter is cut to the filter, less one.
void cut_to_the_filter(Window& window) {
  window.pad_before = std::min(window.pad_before, window.dilated_filter() - 1);
}

}  // namespace

std::vector<Mutant> border_mutants() {
  return {
      {"PadsSwapped", "the pad before is applied after, and the other way round",
       in_windows([](Window& window) { std::swap(window.pad_before, window.pad_after); })},
      {"PadBeforeOneShort", "one zero too few before the data", moved(one_zero_less_before)},
      {"PadAfterOneShort", "one zero too few after the data, so that the last output is missing",
       in_windows([](Window& window) { window.pad_after -= window.pad_after > 0; })},
      {"PadAfterIgnored", "the last outputs, which reach the pad after, lack it and are not summed",
       dropped(reaches_the_pad_after)},
      {"PadAfterAsBefore", "an asymmetric border is taken for a symmetric one",
       in_windows([](Window& window) { window.pad_before = window.pad_after; })},
      {"HalfOfTheUndilatedFilter", "border half pads filter / 2 and not dilated filter / 2",
       in_windows(half_of_the_undilated_filter)},
      {"PadRowsAndColumnsExchanged",
       "(top, bottom) and (left, right) change places",
       {.problem = exchange_rows_and_columns}},
      {"PadBeyondTheFilter", "a pad that exceeds the filter is cut to the filter",
       in_windows(cut_to_the_filter)},
      {"EdgePadding", "the border repeats the edge instead of being zero", padded_with(edge)},
      {"MirrorPadding", "the border mirrors the input instead of being zero", padded_with(mirror)},
  };
}

}  // namespace convcheck
