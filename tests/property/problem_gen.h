// Random small problems with integer operands, for RapidCheck: RC_GTEST_PROP(Suite, Claim, (const
// Call& call)).
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <ostream>
#include <utility>

#include "checker/random_problem.h"
#include "checker/shrink.h"
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

}  // namespace convcheck

namespace rc {

// The suite's own generator and its own way of making a problem smaller.
template <>
struct Arbitrary<convcheck::ConvProblem> {
  static Gen<convcheck::ConvProblem> arbitrary() {
    return gen::shrink(
        gen::map(gen::noShrink(gen::arbitrary<std::uint64_t>()), convcheck::random_problem),
        [](const convcheck::ConvProblem& problem) {
          return seq::fromContainer(convcheck::smaller_problems(problem));
        });
  }
};

template <>
struct Arbitrary<convcheck::Call> {
  static Gen<convcheck::Call> arbitrary() {
    return gen::map(
        gen::pair(gen::arbitrary<convcheck::ConvProblem>(), gen::inRange<std::uint32_t>(0, 1000)),
        [](const std::pair<convcheck::ConvProblem, std::uint32_t>& both) {
          return convcheck::make_call(both.first, both.second);
        });
  }
};

}  // namespace rc
