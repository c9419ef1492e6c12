// One case, made ready once and run on any number of backends.
//
// Works for the cases that are one ConvProblem (conv_problem in reference/case.h). Operands are
// filled from the case and its seed, with the layout that the case names; the result holds NaN
// before every call.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "checker/coverage.h"
#include "checker/decoys.h"
#include "checker/judged.h"
#include "checker/projection/exact_projection.h"
#include "checker/projection/real_projection.h"
#include "checker/sample.h"
#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

class PreparedCase {
 public:
  // Throws ConvError{Syntax} for a fill or layout that there is not, {Unsupported} for a composed
  // function, and what conv_problem throws. Allocates nothing: that is left to the first use.
  PreparedCase(const Case& c, const CallTypes& types, const SampleLimits& limits);

  const Case& subject() const { return case_; }
  const ConvProblem& problem() const { return problem_; }
  const CallTypes& types() const { return types_; }
  const Data& data() const { return data_; }
  const SampleLimits& limits() const { return limits_; }
  const CoveragePlan& coverage() const { return coverage_; }

  // The case's operands in its layout, the inputs written; made at the first use. Throws
  // ConvError{Memory} when they cannot be had. One call may use them at a time.
  const Operands& operands();
  // What the definition gives; worked out at the first use.
  const Expectation& expectation();

  // The claims of the fill that the judge could not refute on this case; worked out at the first
  // use.
  const std::vector<Decoy>& accepted_decoys();

  // Works out all that is left to work out.
  Judged judged();

  // Fills the result with NaN and runs the backend on operands(). Nothing when the call returned;
  // otherwise the verdict: a refusal is skipped, with its reason; an exception of the backend is
  // failed; memory that cannot be had is broken.
  std::optional<Verdict> call(const Backend& backend, const RunContext& context);
  double run_seconds() const { return run_seconds_; }  // of all calls so far

 private:
  Case case_;
  ConvProblem problem_;
  CallTypes types_;
  Data data_;
  SampleLimits limits_;
  CoveragePlan coverage_;
  Tensor x_, w_, y_;
  std::optional<Operands> operands_;
  std::optional<Expectation> expectation_;
  std::optional<std::vector<Decoy>> accepted_decoys_;
  std::optional<ExactProjection> exact_projection_;
  std::optional<RealProjection> real_projection_;
  double run_seconds_ = 0;
};

// The types of x, w and y of the case's problem, in which a transposed convolution's input is y,
// and what the backend claims of its sums. The accumulator is the one that the case names, else the
// shortest that the backend has for the case's types.
CallTypes call_types(const Case& c, const Backend& backend);

// The same for a backend that sums in f64 where all operands are f64 and in f32 otherwise.
CallTypes usual_types(const Case& c);

// Nothing when `call` returned; otherwise the verdict on what it threw: of kind Unsupported,
// skipped; missing memory, broken; anything else, failed.
std::optional<Verdict> guarded(const std::function<void()>& call);

// Runs the backend on any operands that pass check_call, with a workspace of its own. As
// PreparedCase::call, without writing the result first.
std::optional<Verdict> guarded_call(const Backend& backend, const ConvProblem& problem,
                                    const Operands& operands, const RunContext& context);

// Bytes of the operands. Throws ConvError{Overflow} at 2^63.
std::int64_t operand_bytes(const ConvProblem& problem, const Case& c);

}  // namespace convcheck
