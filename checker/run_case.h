// One case, made ready once and run on any number of backends.
//
// Works for the cases that are one ConvProblem (conv_problem in reference/case.h). Operands are
// filled from the case and its seed, with the layout that the case names; the result holds NaN
// before every call.
#pragma once

#include "checker/judged.h"
#include "checker/sample.h"
#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

class PreparedCase {
 public:
  // Fills the operands, for sums that are exact in `accumulator`, and works out the expected
  // elements. Throws ConvError{Unsupported} for a composed function, a fill or a layout that the
  // checker does not have, {Memory} when the operands cannot be had, and what conv_problem throws.
  PreparedCase(const Case& c, DataType accumulator, const SampleLimits& limits);

  // Runs the backend and judges the result. A refusal is skipped, with its reason; an exception of
  // the backend is failed; memory that cannot be had is broken. Not from two threads at once: the
  // result is overwritten.
  Verdict run(const Backend& backend, const RunContext& context, const Rule& rule);

  const ConvProblem& problem() const { return problem_; }
  const Expectation& expectation() const { return expectation_; }
  double run_seconds() const { return run_seconds_; }  // of the last backend's call

 private:
  Verdict call(const Backend& backend, const RunContext& context);

  ConvProblem problem_;
  Tensor x_, w_, y_;
  Operands operands_;
  Expectation expectation_;
  double run_seconds_ = 0;
};

// The accumulator for which a case is filled on a backend: the one that the case names, else the
// shortest that the backend has for the case's types.
DataType fill_accumulator(const Case& c, const Backend& backend);

// Bytes of the operands.
std::int64_t operand_bytes(const ConvProblem& problem, const Case& c);

}  // namespace convcheck
