#include "checker/verify.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <new>
#include <utility>
#include <vector>

#include "checker/device/on_device.h"
#include "checker/rules/value.h"
#include "checker/run_case.h"

namespace convcheck {
namespace {

// Whether no two elements can share memory; never true where two do.
bool distinct(const TensorView& view) {
  std::vector<std::pair<std::int64_t, std::int64_t>> axes;  // |stride| and extent
  for (std::size_t axis = 0; axis < view.rank(); ++axis) {
    const std::int64_t stride = view.strides[axis];
    if (stride == INT64_MIN) return false;
    if (view.extents[axis] > 1)
      axes.emplace_back(stride < 0 ? -stride : stride, view.extents[axis]);
  }
  std::sort(axes.begin(), axes.end());
  std::int64_t reach = 0;
  for (const auto& [stride, extent] : axes) {
    if (!(stride > reach)) return false;
    std::int64_t length = 0;
    if (__builtin_mul_overflow(stride, extent - 1, &length) ||
        __builtin_add_overflow(reach, length, &reach)) {
      reach = INT64_MAX;
    }
  }
  return true;
}

// Runs another backend on copies of the operands that are laid out like others.
class Relaid final : public Backend {
 public:
  Relaid(const Backend& backend, const ConvProblem& problem, const Operands& like)
      : backend_(backend) {
    const TensorView* const from[] = {&like.x, &like.w, &like.y};
    TensorView* const to[] = {&relaid_.x, &relaid_.w, &relaid_.y};
    const Shape shapes[] = {problem.x_shape(), problem.w_shape(), problem.y_shape()};
    for (int i = 0; i < 3; ++i) {
      TensorView layout = *from[i];
      if (!distinct(layout)) layout.strides = contiguous_strides(shapes[i]);
      *to[i] = allocate_like(owners_[i], layout);
    }
  }

  std::string name() const override { return backend_.name(); }
  DataType accumulator(DataType type) const override { return backend_.accumulator(type); }
  Claims claims() const override { return backend_.claims(); }
  Support supports(const ConvProblem& problem, const Operands&) const override {
    return backend_.supports(problem, relaid_);
  }
  std::size_t workspace_bytes(const ConvProblem& problem, const Operands&,
                              const RunContext& context) const override {
    return backend_.workspace_bytes(problem, relaid_, context);
  }
  void run(const ConvProblem& problem, const Operands& operands, std::span<std::byte> workspace,
           const RunContext& context) const override {
    copy(operands.x, relaid_.x);  // the result, too: what is not written must stay NaN
    copy(operands.w, relaid_.w);
    copy(operands.y, relaid_.y);
    backend_.run(problem, relaid_, workspace, context);
    copy(relaid_.result(problem.direction), operands.result(problem.direction));
  }

 private:
  const Backend& backend_;
  Tensor owners_[3];
  Operands relaid_;
};

Case case_of(const ConvProblem& problem, const Operands& operands) {
  Case c = make_case(problem, operands.x.type);
  c.w_type = operands.w.type;
  c.y_type = operands.y.type;
  return c;
}

bool row_major(const Operands& operands) {
  return operands.x.contiguous() && operands.w.contiguous() && operands.y.contiguous();
}

// Rounding to integers, on integers of a dense small range as if the bound kept them.
CallTypes without_the_bound(CallTypes types, const ConvProblem& problem) {
  const double terms = static_cast<double>(std::max<std::int64_t>(1, max_terms(problem)));
  types.amplification = std::ldexp(1.0, significand_bits(types.accumulator)) / (10 * terms);
  return types;
}

// A transform's result that is the definition's after rounding to integers is right, whether or not
// its bound promises that; only one that is not says nothing then.
Verdict judged_without_the_bound(const Trial& bounded) {
  PreparedCase ready(bounded.ready.subject(),
                     without_the_bound(bounded.ready.types(), bounded.ready.problem()), {});
  const bool refutable = ready.accepted_decoys().empty();
  if (const auto verdict = ready.call(bounded.backend, bounded.context)) return *verdict;
  const Verdict verdict = judge_value(ready.judged());
  if (verdict.outcome == Outcome::Passed && refutable) return verdict;
  return Verdict::vacuous(refutable ? "rounded to integers the result is not the definition's, "
                                      "which the transform's bound does not promise for so many "
                                      "terms"
                                    : "a wrong result would be accepted");
}

Verdict judged(const Trial& trial) {
  const bool transform = trial.backend.claims().algorithm == Claims::Algorithm::Transform;
  const Verdict verdict = value_rule().judge(trial);
  const bool nothing_known =
      verdict.outcome == Outcome::Skipped || verdict.outcome == Outcome::Vacuous;
  if (!transform || !nothing_known) return verdict;
  const Verdict second = judged_without_the_bound(trial);
  return second.outcome == Outcome::Skipped ? verdict : second;
}

}  // namespace

Verdict verify_backend(const Backend& backend, const ConvProblem& problem, const Operands& operands,
                       const RunContext& context) {
  validate(problem);
  if (operands.x.memory == MemoryKind::Cuda) {
    Operands host = operands;
    for (TensorView* view : {&host.x, &host.w, &host.y}) view->memory = MemoryKind::Host;
    return verify_backend(*on_device(backend, DeviceUse::Always), problem, host, context);
  }
  const Case c = case_of(problem, operands);
  PreparedCase ready(c, call_types(c, backend), {});
  // What the backend throws the rule sees; these are the check's own allocations.
  try {
    if (row_major(operands)) return judged({ready, backend, context});
    return judged({ready, Relaid(backend, problem, operands), context});
  } catch (const ConvError& error) {
    return Verdict::broken(error.what());
  } catch (const std::bad_alloc& error) {
    return Verdict::broken(std::string("out of memory: ") + error.what());
  }
}

}  // namespace convcheck
