// Random small problems with integer operands, for RapidCheck: RC_GTEST_PROP(Suite, Claim, (const
// Call& call)).
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <ostream>
#include <utility>

#include "reference/backend.h"
#include "reference/reference_backend.h"

namespace convcheck {

// A problem and values of all three operands: f64 integers in -4 .. 4.
struct Call {
  ConvProblem problem;
  std::uint32_t seed = 0;  // of the values
  Tensor x, w, y;
};

inline std::ostream& operator<<(std::ostream& out, const ConvProblem& problem) {
  return out << to_string(problem);
}
inline std::ostream& operator<<(std::ostream& out, const Call& call) {
  return out << call.problem << " seed " << call.seed;
}

// Integers in -4 .. 4.
inline Tensor integers(const Shape& shape, std::uint32_t seed) {
  Tensor tensor(shape, DataType::F64);
  std::uint64_t state = seed + 1;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    tensor.data<double>()[i] = static_cast<double>((state >> 33) % 9) - 4;
  }
  return tensor;
}

inline Call make_call(const ConvProblem& problem, std::uint32_t seed) {
  return {problem, seed, integers(problem.x_shape(), 3 * seed),
          integers(problem.w_shape(), 3 * seed + 1), integers(problem.y_shape(), 3 * seed + 2)};
}

// The definition's answer in f64. The operand that `direction` computes is not read.
inline Tensor answer(Direction direction, ConvProblem problem, const Operands& operands) {
  problem.direction = direction;
  Tensor result(problem.result_shape(), DataType::F64);
  Operands call = operands;
  (direction == Direction::Forward      ? call.y
   : direction == Direction::GradInputs ? call.x
                                        : call.w) = result;
  run(*reference_backend(), problem, call);
  return result;
}

inline Tensor answer(Direction direction, const Call& call) {
  return answer(direction, call.problem, {call.x, call.w, call.y});
}

// Every border kind, stride 1..3, dilation 1..2, filter 1..3, and an input that gives 1 to about 4
// outputs.
inline Window random_window() {
  using rc::gen::inRange;
  Window window;
  window.filter = *inRange<std::int64_t>(1, 4);
  window.dilation = *rc::gen::element<std::int64_t>(1, 2);
  window.stride = *rc::gen::element<std::int64_t>(1, 2, 3);
  const auto pad = [] { return *inRange<std::int64_t>(0, 4); };
  const AxisBorder border =
      *rc::gen::oneOf(rc::gen::element<AxisBorder>(valid, half, full),
                      rc::gen::exec([&] { return AxisBorder(pad()); }), rc::gen::exec([&] {
                        const std::int64_t before = pad();
                        return AxisBorder(before, pad());
                      }));
  const Pads pads = to_pads(border, window.dilated_filter());
  window.pad_before = pads.before;
  window.pad_after = pads.after;
  window.input = std::max<std::int64_t>(0, window.dilated_filter() - pads.before - pads.after) +
                 *inRange<std::int64_t>(0, 5);
  return window;
}

// A forward problem of rank 1..3, grouped or not, flipped or not, shared or not; up to 3 images.
inline ConvProblem random_problem() {
  using rc::gen::inRange;
  ConvProblem problem;
  problem.rank = *rc::gen::element<std::size_t>(1, 2, 3);
  problem.batch = *inRange<std::int64_t>(1, 4);
  problem.groups = *rc::gen::element<std::int64_t>(1, 2, 3);
  problem.channels = problem.groups * *inRange<std::int64_t>(1, 3);
  problem.filters = problem.groups * *inRange<std::int64_t>(1, 4);
  problem.flip = *rc::gen::arbitrary<bool>();
  problem.unshared = *rc::gen::arbitrary<bool>();
  for (Window& window : problem.axes()) window = random_window();
  return problem;
}

}  // namespace convcheck

namespace rc {

template <>
struct Arbitrary<convcheck::ConvProblem> {
  static Gen<convcheck::ConvProblem> arbitrary() { return gen::exec(convcheck::random_problem); }
};

template <>
struct Arbitrary<convcheck::Call> {
  static Gen<convcheck::Call> arbitrary() {
    return gen::exec([] {
      const auto problem = convcheck::random_problem();
      return convcheck::make_call(problem, *gen::inRange<std::uint32_t>(0, 1000));
    });
  }
};

}  // namespace rc
