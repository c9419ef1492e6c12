// What the tests of backends of our own kernels share: the reference's answer in the operands' own
// type, and every instruction set that this machine and build have.
#pragma once

#include <hwy/targets.h>

#include <functional>
#include <string>

#include "reference/reference_backend.h"
#include "tests/unit/corrmm_call.h"

namespace convcheck {

// The first element that is not the reference's answer, rounded once to the type.
inline std::optional<Index> first_mistake(const CorrmmCall& call, const ConvProblem& problem) {
  if (call.result().empty()) return std::nullopt;
  Operands operands = call.operands();
  Tensor right(problem.result_shape(), call.result().type);
  TensorView& result = problem.direction == Direction::Forward      ? operands.y
                       : problem.direction == Direction::GradInputs ? operands.x
                                                                    : operands.w;
  result = right;
  run(*reference_backend(), problem, operands);
  Index at(right.shape().size(), 0);
  do {
    if (!(call.result().at(at) == right.at(at))) return at;
  } while (advance(at, right.shape()));
  return std::nullopt;
}

// Runs the call and compares with the reference.
inline void expect_reference(const Backend& backend, const ConvProblem& problem,
                             const CallOptions& options = {}) {
  const CorrmmCall call(problem, options);
  call.run(backend);
  const std::optional<Index> mistake = first_mistake(call, problem);
  EXPECT_FALSE(mistake) << to_string(problem) << " " << to_string(options.type) << " at "
                        << to_string(*mistake);
  EXPECT_EQ(call.written_gaps(), 0) << to_string(problem);
}

// Calls `test` with each instruction set in turn, the portable one included. Those for which the
// kernels are not compiled (fast/cpu/CMakeLists.txt) would be the portable one again.
inline void for_each_target(const std::function<void()>& test) {
  const std::int64_t supported = hwy::SupportedTargets() & ~(HWY_AVX3_DL | HWY_SSSE3 | HWY_EMU128);
  for (std::int64_t rest = supported; rest != 0; rest &= rest - 1) {
    const std::int64_t target = rest & -rest;
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    test();
    hwy::SetSupportedTargetsForTest(0);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace convcheck
