#include "tests/mutants/planting.h"

namespace convcheck {
namespace {

void swap_axes(ConvProblem& problem, std::int64_t Window::*member) {
  std::swap(problem.windows[0].*member, problem.windows[last_axis(problem)].*member);
}

void stride_of_the_last_axis(ConvProblem& problem) {
  for (Window& window : problem.axes()) window.stride = problem.windows[last_axis(problem)].stride;
}

// Whether inputs are left over behind the last window.
bool has_remainder(const Window& window) {
  return (window.padded_input() - window.dilated_filter()) % window.stride != 0;
}

bool is_last_with_remainder(const ConvProblem& problem, const Product& at) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    if (has_remainder(window) && at.o[axis] == window.output() - 1) return true;
  }
  return false;
}

// Outputs counted by the ceiling: rows of the output are one longer than they are.
void ceiling(const ConvProblem& problem, Product& at) {
  const std::size_t axis = last_axis(problem);
  const Window& window = problem.windows[axis];
  if (axis == 0 || !has_remainder(window)) return;
  const std::int64_t number = at.o[axis - 1] * (window.output() + 1) + at.o[axis];
  at.o[axis - 1] = number / window.output();
  at.o[axis] = number % window.output();
}

void flip_of_the_last_axis_forgotten(const ConvProblem& problem, Product& at) {
  const std::size_t axis = last_axis(problem);
  if (problem.flip) at.f[axis] = problem.windows[axis].filter - 1 - at.f[axis];
}

// i was computed with a step of one tap; it is moved to another step.
void tap_step(const ConvProblem& problem, Product& at, std::int64_t (*step)(const Window&)) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    const std::int64_t tap = problem.flip ? window.filter - 1 - at.f[axis] : at.f[axis];
    at.i[axis] += tap * (step(window) - window.dilation);
  }
  mark_padding(problem, at);
}

void stride_on_the_tap(const ConvProblem& problem, Product& at) {
  tap_step(problem, at, [](const Window& window) { return window.stride * window.dilation; });
}

void dilation_forgotten(const ConvProblem& problem, Product& at) {
  tap_step(problem, at, [](const Window&) { return std::int64_t{1}; });
}

void dilation_on_the_stride(const ConvProblem& problem, Product& at) {
  for (std::size_t axis = 0; axis < problem.rank; ++axis) {
    const Window& window = problem.windows[axis];
    at.i[axis] += at.o[axis] * window.stride * (window.dilation - 1);
  }
  mark_padding(problem, at);
}

// The weight gradient reads one window beyond the last, with the last gradient again.
Mistakes remainder_rows() {
  return {.problem =
              [](ConvProblem& problem) {
                if (problem.direction != Direction::GradWeights) return;
                for (Window& window : problem.axes()) window.pad_after += window.stride - 1;
              },
          .moves =
              [](const ConvProblem& problem, Product& at) {
                if (problem.direction != Direction::GradWeights) return;
                for (std::size_t axis = 0; axis < problem.rank; ++axis) {
                  const Window& window = problem.windows[axis];
                  const std::int64_t right =
                      (window.padded_input() - window.stride + 1 - window.dilated_filter()) /
                      window.stride;
                  if (at.o[axis] > right) at.o[axis] = right;
                }
              }};
}

// Input coordinates before the first window are divided towards zero and meet output 0.
Mistakes truncating_division() {
  return {.problem =
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
                mark_padding(problem, at);
              }};
}

// The pitch of an input row is the input's height.
void height_for_width(const ConvProblem& problem, Product& at) {
  if (problem.rank < 2 || at.padding) return;
  const std::size_t axis = last_axis(problem);
  const std::int64_t width = problem.windows[axis].input;
  const std::int64_t number = at.i[axis - 1] * problem.windows[axis - 1].input + at.i[axis];
  at.i[axis - 1] = number / width;
  at.i[axis] = number % width;
  mark_padding(problem, at);
}

bool last_of_an_odd_number_of_rows(const ConvProblem& problem, const Product& at) {
  const std::int64_t rows = problem.windows[0].output();
  return rows % 2 == 1 && rows > 1 && at.o[0] == rows - 1;
}

bool tail_of_the_row(const ConvProblem& problem, const Product& at) {
  const std::size_t axis = last_axis(problem);
  const std::int64_t columns = problem.windows[axis].output();
  return columns > 4 && at.o[axis] >= columns / 4 * 4;
}

bool last_depth_of_the_weight_gradient(const ConvProblem& problem, const Product& at) {
  return problem.direction == Direction::GradWeights && problem.rank == 3 &&
         at.f[0] == problem.windows[0].filter - 1;
}

}  // namespace

std::vector<Mutant> window_mutants() {
  return {
      {"LastAxisNotFlipped", "filters are reversed on all axes but the last",
       moved(flip_of_the_last_axis_forgotten)},
      {"FlipInverted",
       "a convolution is a correlation and the other way round",
       {.problem = [](ConvProblem& problem) { problem.flip = !problem.flip; }}},
      {"StrideAxesExchanged",
       "the strides of the first and the last axis change places",
       {.problem = [](ConvProblem& problem) { swap_axes(problem, &Window::stride); }}},
      {"DilationAxesExchanged",
       "the dilations of the first and the last axis change places",
       {.problem = [](ConvProblem& problem) { swap_axes(problem, &Window::dilation); }}},
      {"StrideForDilation", "taps are a stride apart, windows a dilation",
       in_windows([](Window& window) { std::swap(window.stride, window.dilation); })},
      {"StrideOnTheTap", "taps are stride * dilation apart", moved(stride_on_the_tap)},
      {"DilationOnTheStride", "windows are stride * dilation apart", moved(dilation_on_the_stride)},
      {"DilationForgotten", "taps are neighbours", moved(dilation_forgotten)},
      {"OneStrideForAllAxes",
       "right where all strides are equal: that of the last axis is used for all",
       {.problem = stride_of_the_last_axis}},
      {"LastRowDroppedOnRemainder",
       "where the stride does not divide, the number of outputs is one too small",
       dropped(is_last_with_remainder)},
      {"OutputsByTheCeiling",
       "where the stride does not divide, rows of the output are taken to be one longer",
       moved(ceiling)},
      {"RemainderInWeightGradient",
       "the weight gradient reads one window beyond the last, with the last gradient again",
       remainder_rows()},
      {"TruncatedInputGradient",
       "input coordinates before the first window are divided towards zero and meet output 0",
       truncating_division()},
      {"InputTransposed", "the input is transposed",
       moved([](const ConvProblem& problem, Product& at) {
         std::swap(at.i[0], at.i[last_axis(problem)]);
       })},
      {"HeightForWidth", "right on square inputs: the height is the distance of rows",
       moved(height_for_width)},
      {"OddRowLeftOut", "two rows at a time: the last of an odd number is not summed",
       dropped(last_of_an_odd_number_of_rows)},
      {"RowTailLeftOut", "four columns at a time: the rest of a row is not summed",
       dropped(tail_of_the_row)},
      {"LastTapLeftOut", "the last tap of the last axis is left out",
       dropped([](const ConvProblem& problem, const Product& at) {
         const std::int64_t taps = problem.windows[last_axis(problem)].filter;
         return taps > 1 && at.f[last_axis(problem)] == taps - 1;
       })},
      {"DepthOfFilterGradient",
       "the weight gradient of three axes lacks the last tap in depth; no case is one, but adjoint "
       "computes all directions of any",
       dropped(last_depth_of_the_weight_gradient), "adjoint"},
  };
}

}  // namespace convcheck
