// One call that is checked, whatever computes it. Internal.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "checker/debug/examine.h"
#include "checker/debug/report_violation.h"
#include "checker/debug/session.h"

namespace convcheck::debug {

// What computes the problem, and how it can be made to do so again.
struct Kernel {
  std::string name;
  Claims claims;
  std::function<DataType(DataType)> accumulator;
  // The call itself, on the user's operands; empty when it has already happened.
  std::function<void()> call = {};
  // The backend, where there is one: it can be called on other operands.
  const Backend* backend = nullptr;
  RunContext context = {};
};

// A violation that was found, before it is told.
struct Finding {
  Violation kind;
  Verdict verdict;
};

CallTypes types_of(const Kernel& kernel, const ConvProblem& problem, const Operands& operands);

Key key_of(const ConvProblem& problem, const Operands& operands);

// Tells what was found, and adds it to the result.
void tell_all(const std::vector<Finding>& findings, const Subject& subject,
              const DebugOptions& options, DebugSession::State& state, DebugResult& result);

// Makes the call, if there is one to make, and checks it as the session's plan says.
DebugResult checked_call(const ConvProblem& problem, const Operands& operands, const Kernel& kernel,
                         const DebugOptions& options);

// Applies every rule and tells what they find.
DebugResult rules_applied(const ConvProblem& problem, const Operands& operands,
                          const Kernel& kernel, const DebugOptions& options);
// At `paranoid` the rules judge a backend that refuses, too: once for a distinct problem.
void check_refusal(const ConvProblem& problem, const Operands& operands, const Kernel& kernel,
                   const DebugOptions& options);

// The call made again: `patience`, `check_preallocated_output`, `check_strides`. `operands` are
// host views, the result as the program's own call left it, and so it is left.
struct Rerun {
  const ConvProblem& problem;
  const Operands& operands;
  const Kernel& kernel;
  const DebugSettings& settings;
  How how;
  std::vector<Finding> findings = {};
  std::vector<std::string> not_run = {};

  void run();
};

// Every rule of the suite that applies, on small data of every fill.
std::vector<Finding> apply_rules(const ConvProblem& problem, const Operands& operands,
                                 const Backend& backend, const RunContext& context,
                                 std::vector<std::string>& not_run);

// Host views of operands: themselves, or copies of device memory that it owns, of which the one in
// use (checker/device/device.h) waits for the stream.
class OnHost {
 public:
  explicit OnHost(const Operands& operands, void* stream = nullptr);
  const Operands& operands() const { return operands_; }

 private:
  std::vector<std::vector<std::byte>> copies_;
  Operands operands_;
};

}  // namespace convcheck::debug
