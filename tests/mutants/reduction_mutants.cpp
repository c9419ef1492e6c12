#include <cmath>

#include "tests/mutants/planting.h"

namespace convcheck {
namespace {

// Of the windows that reach an input, the last assigns.
bool assigned_over(const ConvProblem& problem, const Product& at) {
  if (problem.direction != Direction::GradInputs) return false;
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    const std::int64_t reach = at.i[axis] + window.pad_before;
    for (std::int64_t o = at.o[axis] + 1; o < window.output(); ++o) {
      const std::int64_t tap = reach - o * window.stride;
      if (tap >= 0 && tap % window.dilation == 0) return true;
    }
  }
  return false;
}

// The group of an element of the result.
std::int64_t group_of(const ConvProblem& problem, const Index& at) {
  switch (problem.direction) {
    case Direction::Forward:
      return at[1] / problem.group_filters();
    case Direction::GradInputs:
      return at[1] / problem.group_channels();
    default:
      return at[0] / problem.group_filters();
  }
}

double scaled_by_the_batch(const Finished& done) {
  const ConvProblem& problem = done.call.problem;
  if (problem.direction != Direction::GradWeights) return done.sum;
  return done.sum / static_cast<double>(problem.batch);
}

double added_in_the_last_image(const Finished& done) {
  const ConvProblem& problem = done.call.problem;
  const bool last = problem.direction != Direction::GradWeights && problem.batch > 1 &&
                    done.at[0] == problem.batch - 1;
  return last ? done.before + done.sum : done.sum;
}

double added_in_the_last_group(const Finished& done) {
  const ConvProblem& problem = done.call.problem;
  const bool last = problem.groups > 1 && group_of(problem, done.at) == problem.groups - 1;
  return last ? done.before + done.sum : done.sum;
}

}  // namespace

std::vector<Mutant> reduction_mutants() {
  return {
      {"InputGradientAssigns", "of the windows that reach an input the last assigns, none adds",
       dropped(assigned_over)},
      {"PrivateSumsLost", "the weight gradients of the second half of the batch are not added",
       dropped([](const ConvProblem& problem, const Product& at) {
         return problem.direction == Direction::GradWeights && at.n > (problem.batch - 1) / 2;
       })},
      {"ScaledByTheBatch", "the weight gradient is the mean over the batch",
       written(scaled_by_the_batch)},
      {"GroupZeroUnwritten",
       "an error in group 0 is swallowed and its results stay what they were",
       {.skips = [](const ConvProblem& problem,
                    const Index& at) { return problem.groups > 1 && group_of(problem, at) == 0; }}},
      {"LastElementUnwritten",
       "the last element of the result stays what it was",
       {.skips =
            [](const ConvProblem& problem, const Index& at) {
              const Shape shape = problem.result_shape();
              for (std::size_t axis = 0; axis < at.size(); ++axis) {
                if (at[axis] != shape[axis] - 1) return false;
              }
              return true;
            }}},
      {"AddedToTheResult", "the sum is added to what the result held",
       written([](const Finished& done) { return done.before + done.sum; })},
      {"LastImageNotCleared", "in the last image the sum is added to what the result held",
       written(added_in_the_last_image)},
      {"LastGroupNotCleared", "in the last group the sum is added to what the result held",
       written(added_in_the_last_group)},
      {"PrefillTimesZero", "what the result held has weight 0, which keeps NaN and infinity",
       written([](const Finished& done) { return 0 * done.before + done.sum; })},
      {"OnlyNanCleared", "what the result held is added unless it is NaN",
       written([](const Finished& done) {
         return std::isnan(done.before) ? done.sum : done.before + done.sum;
       }),
       "output_unread"},
      {"LargestKept", "the sum replaces what the result held unless that is a number and larger",
       written(
           [](const Finished& done) { return done.before > done.sum ? done.before : done.sum; }),
       "output_unread"},
  };
}

}  // namespace convcheck
