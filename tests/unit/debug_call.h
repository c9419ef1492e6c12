// Calls for the tests of DebugMode.
#pragma once

#include <random>

#include "checker/debug_mode.h"
#include "tests/unit/planted_backend.h"

namespace convcheck {

// A problem that is projected, and one that the loops cover.
inline ConvProblem problem_of(bool large, Direction direction = Direction::Forward) {
  ConvProblem problem;
  problem.direction = direction;
  problem.batch = large ? 8 : 2;
  problem.channels = large ? 16 : 3;
  problem.filters = large ? 32 : 4;
  problem.windows[0] = {large ? 10 : 5, 3, 1, 1, 1, 1};
  problem.windows[1] = {large ? 12 : 6, 3, 1, 1, 1, 0};
  validate(problem);
  return problem;
}

struct Call {
  ConvProblem problem;
  Tensor x, w, y;

  explicit Call(const ConvProblem& of)
      : problem(of), x(of.x_shape()), w(of.w_shape()), y(of.y_shape()) {
    std::mt19937 engine(7);
    for (const Tensor* tensor : {&x, &w, &y}) {
      Index at(tensor->shape().size(), 0);
      do tensor->view().set(at, static_cast<double>(engine()) * 0x1p-31 - 1);
      while (advance(at, tensor->shape()));
    }
  }
  Operands operands() const { return {x, w, y}; }
  const TensorView& result() const {
    return problem.direction == Direction::Forward      ? y.view()
           : problem.direction == Direction::GradInputs ? x.view()
                                                        : w.view();
  }
};

inline DebugOptions quiet(DebugSession& session, DebugLevel level = DebugLevel::Projection) {
  DebugOptions options;
  options.settings.level = level;
  options.settings.report = false;
  options.settings.action = DebugAction::Callback;
  options.session = &session;
  return options;
}

inline constexpr DebugLevel kLevels[] = {DebugLevel::Sampled, DebugLevel::Projection, DebugLevel::Full,
                                  DebugLevel::Paranoid};

// All violations of one call of a backend.
inline std::vector<DebugViolation> violations_of(const BackendPtr& backend, const Call& call,
                                          DebugOptions options) {
  std::vector<DebugViolation> all;
  options.settings.action = DebugAction::Callback;
  options.callback = [&](const DebugViolation& one) { all.push_back(one); };
  run(*debug_mode(backend, options), call.problem, call.operands());
  return all;
}

}  // namespace convcheck
