// Calls made again, in other memory or with other strides.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "checker/buffers/hostile_call.h"
#include "checker/debug/checked_call.h"
#include "checker/fill.h"
#include "checker/layout.h"
#include "checker/rules/answers.h"

namespace convcheck::debug {
namespace {

const TensorView& result_of(const Operands& operands, const ConvProblem& problem) {
  return operands.result(problem.direction);
}

void negate(const TensorView& view) {
  if (view.empty()) return;
  Index at(view.rank(), 0);
  do view.set(at, -view.at(at));
  while (advance(at, view.extents));
}

Operands with_result(const Rerun& rerun, const TensorView& result) {
  Operands operands = rerun.operands;
  switch (rerun.problem.direction) {
    case Direction::Forward:
      operands.y = result;
      break;
    case Direction::GradInputs:
      operands.x = result;
      break;
    case Direction::GradWeights:
      operands.w = result;
  }
  return operands;
}

// Runs the backend, with a workspace of its own; no: it refuses these operands.
Support run_backend(const Rerun& rerun, const Operands& operands) {
  const Backend& backend = *rerun.kernel.backend;
  const Support support = backend.supports(rerun.problem, operands);
  if (support) convcheck::run(backend, rerun.problem, operands, rerun.kernel.context);
  return support;
}

// "c_contiguous" ... as a layout of the result.
OperandLayout layout_named(const std::string& mode) {
  OperandLayout layout;
  if (mode == "f_contiguous") layout.order = OperandLayout::Order::Permuted;
  if (mode == "strided") layout.spread = OperandLayout::Spread::Gaps;
  return layout;
}

// What the result's memory holds before the call.
void prepare(const std::string& mode, const TensorView& result, const TensorView& right) {
  if (mode != "previous") {
    write_nan(result);
    return;
  }

  copy(right, result);
  negate(result);
}

// Compares a result of the same call; in the same strides bit by bit, where the kernel claims so.
void compare(Rerun& rerun, const TensorView& right, const TensorView& got,
             const std::string& what) {
  const bool bits = rerun.kernel.claims.deterministic && right.strides == got.strides;
  if (bits) {
    const std::optional<WrongElement> first = first_difference(right, got);
    if (!first) return;
    Verdict verdict = Verdict::failed(
        what + ": " + element_name(result_name(rerun.problem.direction), first->at) + " was " +
        std::to_string(first->expected) + ", is now " + std::to_string(first->got));
    const bool repeated = what.rfind("the call repeated", 0) == 0;
    rerun.findings.push_back(
        {repeated ? Violation::UnstableResult : Violation::BadKernelOutput, std::move(verdict)});
    return;
  }
  const Operands operands = with_result(rerun, got);
  const CallTypes types = types_of(rerun.kernel, rerun.problem, operands);
  Examined examined = examine(rerun.problem, operands, types, rerun.how);
  if (!examined.violation) return;
  examined.verdict.reason = what + ": " + examined.verdict.reason;
  rerun.findings.push_back({*examined.violation, std::move(examined.verdict)});
}

void repeat(Rerun& rerun) {
  const TensorView& result = result_of(rerun.operands, rerun.problem);
  if (!rerun.kernel.claims.deterministic) {
    rerun.not_run.push_back("patience: the kernel does not claim the same bits");
    return;
  }
  const Tensor right = Tensor::copy_of(result);
  for (int time = 1; time < rerun.settings.patience && rerun.findings.empty(); ++time) {
    rerun.kernel.call();
    const Tensor again = Tensor::copy_of(result);
    compare(rerun, right, again, "the call repeated on the same operands");
  }
  copy(right, result);
}

// In the result's own memory, whose first contents must not matter.
void in_place(Rerun& rerun, const std::string& mode) {
  const TensorView& result = result_of(rerun.operands, rerun.problem);
  const Tensor right = Tensor::copy_of(result);
  prepare(mode, result, right);
  rerun.kernel.call();
  const Tensor again = Tensor::copy_of(result);
  copy(right, result);
  compare(rerun, right, again, "preallocated output '" + mode + "'");
}

void in_own_memory(Rerun& rerun, const std::string& mode) {
  const TensorView& result = result_of(rerun.operands, rerun.problem);
  Tensor owner;
  const TensorView other = allocate(owner, result_name(rerun.problem.direction), rerun.problem,
                                    result.type, Layout::all(layout_named(mode)));
  prepare(mode, other, result);
  const Support support = run_backend(rerun, with_result(rerun, other));
  if (!support) {
    rerun.not_run.push_back("check_preallocated_output " + mode + ": " + support.reason);
    return;
  }
  compare(rerun, result, other, "preallocated output '" + mode + "'");
}

void on_row_major_copies(Rerun& rerun) {
  const Tensor x = Tensor::copy_of(rerun.operands.x), w = Tensor::copy_of(rerun.operands.w),
               y = Tensor::copy_of(rerun.operands.y);
  const Operands copies{x, w, y};
  write_nan(result_of(copies, rerun.problem));
  const std::size_t before = rerun.findings.size();
  const Support support = run_backend(rerun, copies);
  if (!support) {
    rerun.not_run.push_back("check_strides: " + support.reason);
    return;
  }
  compare(rerun, result_of(rerun.operands, rerun.problem), result_of(copies, rerun.problem),
          "on row-major copies of the operands");
  if (rerun.settings.check_strides == 1 && rerun.findings.size() > before) {
    rerun.not_run.push_back("check_strides=1 warns: " + rerun.findings.back().verdict.reason);
    rerun.findings.pop_back();
  }
}

std::vector<std::string> modes_of(const DebugSettings& settings) {
  std::vector<std::string> modes;
  for (const std::string& mode : settings.check_preallocated_output) {
    if (mode != "ALL") {
      modes.push_back(mode);
      continue;
    }
    modes.insert(modes.end(), {"initial", "previous", "c_contiguous", "f_contiguous", "strided"});
  }
  return modes;
}

}  // namespace

void Rerun::run() {
  const bool again = static_cast<bool>(kernel.call);
  if (settings.patience > 1 && again) repeat(*this);
  if (settings.patience > 1 && !again) not_run.push_back("patience: the call is over");
  for (const std::string& mode : modes_of(settings)) {
    const bool own_memory = mode != "initial" && mode != "previous";
    if (!findings.empty()) return;
    if (kernel.backend != nullptr) {
      in_own_memory(*this, mode);
    } else if (again && !own_memory) {
      in_place(*this, mode);
    } else {
      not_run.push_back("check_preallocated_output " + mode + ": needs memory of our own");
    }
  }
  if (settings.check_strides > 0 && findings.empty()) {
    if (kernel.backend != nullptr) {
      on_row_major_copies(*this);
    } else {
      not_run.push_back("check_strides: needs operands of our own");
    }
  }
}

}  // namespace convcheck::debug
