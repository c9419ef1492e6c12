#include <utility>

#include "tests/mutants/mutants.h"

namespace convcheck {
namespace {

// A mistake in every window.
Mistakes in_windows(const std::function<void(Window&)>& change) {
  return {.problem = [change](ConvProblem& problem) {
    for (Window& window : problem.axes()) change(window);
  }};
}

Mistakes moved(const std::function<void(const ConvProblem&, Product&)>& moves) {
  return {.moves = moves};
}

Mistakes dropped(const std::function<bool(const ConvProblem&, const Product&)>& drops) {
  return {.drops = drops};
}

std::size_t last_axis(const ConvProblem& problem) { return problem.rank - 1; }

// The number of the last output, and whether inputs are left over behind its window.
bool is_last_with_remainder(const ConvProblem& problem, const Product& at) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    const std::int64_t span = window.padded_input() - window.dilated_filter();
    if (span % window.stride != 0 && at.o[axis] == window.output() - 1) return true;
  }
  return false;
}

void keep_right_padding(const ConvProblem& problem, Product& at) {
  at.padding = false;
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    at.padding |= at.i[axis] < 0 || at.i[axis] >= problem.windows[axis].input;
  }
}

std::vector<Mutant> border_mutants() {
  return {
      {"PadsSwapped", "the pad before is applied after, and the other way round",
       in_windows([](Window& window) { std::swap(window.pad_before, window.pad_after); })},
      {"PadBeforeOneShort", "one zero too few before the data",
       moved([](const ConvProblem& problem, Product& at) {
         for (std::size_t axis = 0; axis < problem.rank; ++axis) {
           if (problem.windows[axis].pad_before > 0) ++at.i[axis];
         }
         keep_right_padding(problem, at);
       })},
      {"PadAfterIgnored", "the last outputs, which reach the pad after, lack it and are not summed",
       dropped([](const ConvProblem& problem, const Product& at) {
         for (std::size_t axis = 0; axis < problem.rank; ++axis) {
           const Window& window = problem.windows[axis];
           const std::int64_t end = at.o[axis] * window.stride + window.dilated_filter();
           if (end > window.input + window.pad_before) return true;
         }
         return false;
       })},
      {"HalfOfTheUndilatedFilter", "border half pads filter / 2 and not dilated filter / 2",
       in_windows([](Window& window) {
         const std::int64_t half = window.dilated_filter() / 2;
         if (window.pad_before == half && window.pad_after == half) {
           window.pad_before = window.filter / 2;
         }
       })},
      {"PadRowsAndColumnsExchanged",
       "the pads of the first and the last axis change places",
       {.problem =
            [](ConvProblem& problem) {
              std::swap(problem.windows[0].pad_before,
                        problem.windows[last_axis(problem)].pad_before);
            }}},
  };
}

std::vector<Mutant> window_mutants() {
  return {
      {"FlipOfTheLastAxisForgotten", "filters are reversed on all axes but the last",
       moved([](const ConvProblem& problem, Product& at) {
         const std::size_t axis = last_axis(problem);
         if (problem.flip) at.f[axis] = problem.windows[axis].filter - 1 - at.f[axis];
       })},
      {"FlipInverted",
       "a convolution is a correlation and the other way round",
       {.problem = [](ConvProblem& problem) { problem.flip = !problem.flip; }}},
      {"StrideAxesExchanged",
       "the strides of the first and the last axis change places",
       {.problem =
            [](ConvProblem& problem) {
              std::swap(problem.windows[0].stride, problem.windows[last_axis(problem)].stride);
            }}},
      {"DilationAxesExchanged",
       "the dilations of the first and the last axis change places",
       {.problem =
            [](ConvProblem& problem) {
              std::swap(problem.windows[0].dilation, problem.windows[last_axis(problem)].dilation);
            }}},
      {"StrideOnTheFilter", "the filter's taps are a stride apart, not a dilation",
       in_windows([](Window& window) { std::swap(window.stride, window.dilation); })},
      {"LastRowDroppedOnRemainder",
       "where the stride does not divide, the number of outputs is one too small",
       dropped(is_last_with_remainder)},
      {"RemainderRowsInTheWeightGradient",
       "the weight gradient reads one window beyond the last, with the last gradient again",
       {.problem =
            [](ConvProblem& problem) {
              if (problem.direction != Direction::GradWeights) return;
              for (Window& window : problem.axes()) window.pad_after += window.stride - 1;
            },
        .moves =
            [](const ConvProblem& problem, Product& at) {
              for (std::size_t axis = 0; axis < problem.rank; ++axis) {
                const Window& window = problem.windows[axis];
                const std::int64_t extra =
                    problem.direction == Direction::GradWeights ? window.stride - 1 : 0;
                const std::int64_t right =
                    (window.padded_input() - extra - window.dilated_filter()) / window.stride;
                if (at.o[axis] > right) at.o[axis] = right;
              }
            }}},
      {"TruncatingDivisionInTheInputGradient",
       "input coordinates before the first window are divided towards zero and meet output 0",
       {.problem =
            [](ConvProblem& problem) {
              if (problem.direction != Direction::GradInputs) return;
              for (Window& window : problem.axes()) window.pad_before += window.stride;
            },
        .moves =
            [](const ConvProblem& problem, Product& at) {
              if (problem.direction != Direction::GradInputs) return;
              for (std::size_t axis = 0; axis < problem.rank; ++axis) {
                const std::int64_t stride = problem.windows[axis].stride;
                if (at.o[axis] > 0) {
                  --at.o[axis];
                } else {
                  at.i[axis] += stride - 1;  // one of the coordinates between output -1 and 0
                  if (stride == 1) at.o[axis] = -1;
                }
              }
              keep_right_padding(problem, at);
            }}},
  };
}

std::vector<Mutant> channel_mutants() {
  return {
      {"GroupsInterleaved", "filter k belongs to group k mod groups",
       moved([](const ConvProblem& problem, Product& at) {
         at.channel = at.k % problem.groups * problem.group_channels() + at.c;
       })},
      {"ChannelsInterleaved", "group g reads channels g, g + groups, ...",
       moved([](const ConvProblem& problem, Product& at) {
         at.channel = at.c * problem.groups + at.channel / problem.group_channels();
       })},
      {"GroupsIgnored", "every filter reads the first group's channels",
       moved([](const ConvProblem&, Product& at) { at.channel = at.c; })},
      {"LastChannelLeftOut", "the sum over channels is one too short",
       dropped([](const ConvProblem& problem, const Product& at) {
         return problem.group_channels() > 1 && at.c == problem.group_channels() - 1;
       })},
      {"ImageZeroEverywhere", "every image of the batch is the first",
       moved([](const ConvProblem& problem, Product& at) {
         if (problem.direction == Direction::Forward) at.n = 0;
       })},
      {"LastFilterTapLeftOut", "the last tap of the last axis is left out",
       dropped([](const ConvProblem& problem, const Product& at) {
         const std::size_t axis = last_axis(problem);
         return at.f[axis] == problem.windows[axis].filter - 1 && problem.windows[axis].filter > 1;
       })},
      {"RegionsIgnored", "unshared filters of the first region everywhere",
       moved([](const ConvProblem&, Product& at) { at.region = {}; })},
  };
}

}  // namespace

std::vector<Mutant> logic_mutants() {
  std::vector<Mutant> all = border_mutants();
  for (auto& more : {window_mutants(), channel_mutants()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace convcheck
