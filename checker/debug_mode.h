// DebugMode: a program checks its own convolutions while it runs.
//
// Three ways in:
//   conv2d(x, w, {}, debug_mode(automatic()));            a backend that checks another one
//   check_call(problem, {x, w, y}, [&] { mine(); });      the user's own kernel on his own tensors
//   verify(problem, {x, w, y});                           after the fact
// and a fourth without a change of the program, CONVCHECK_FLAGS=mode=DebugMode (fast/flags.h).
//
// On the user's own data a violation is a result that no order of summation can give: beyond the
// rigorous bound of judge.h, or a projection beyond its threshold that even errors which conspire
// cannot reach. A projection beyond the threshold of independent errors is looked into: the
// elements that most likely carry it are asked of the definition one by one. What lies between the
// expected and the rigorous bound is counted as a grade, never an alarm.
//
// All functions may be called from any thread, also from within one another. No lock is held while
// a kernel runs or a result is judged. After a fork the child counts anew. What a kernel throws is
// passed on as it is, and counted.
//
// Device memory. With a device in use (checker/device/device.h; use_cuda_device() of checker/cuda)
// a call at the level `projection` is checked in its own stream: kernels project the operands
// behind it and, for some calls, sum up to 32 elements by the definition, and nobody waits. What
// they found is judged with a later call of the session, or by DebugSession::finish(), and that is
// who gets what DebugAction::Throw throws. Only where the projection is beyond its threshold, or an
// element beyond its bound, the stream is synchronised, and the operands as they are by then are
// copied to the host and looked into. A budget is a share of the stream's time where that is longer
// than the host's; what it does not pay for is left out, not done at a lower level. At other
// levels, for transforms and without a device in use all operands are copied to the host after the
// call, which waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/problem.h"

namespace convcheck {

// Each finds what those before it find.
enum class DebugLevel {
  Off,         // nothing: debug_mode() returns the backend itself
  Sampled,     // some elements, stratified, by the definition
  Projection,  // every element by random signs (projection/real_projection.h), and as many by the
               // definition as take a fiftieth of that time; one at least when a problem is new
  Full,        // every element by the definition; input bytes before and after
  Paranoid,    // and every rule of the suite on hostile buffers, once for every distinct problem
};
// "off", "sampled", "projection", "full", "paranoid".
const char* to_string(DebugLevel level);

// By the names of Theano's DebugMode, where it has one.
enum class Violation {
  BadKernelOutput,    // the result is not the definition's (BadThunkOutput)
  BadInputMutation,   // an input was written (BadDestroyMap)
  BadAlias,           // the result shares memory with an input or with itself (BadViewMap)
  InvalidValue,       // NaN or infinity (InvalidValueError)
  UnstableResult,     // the same call gave other bits (StochasticOrder)
  GuardOverrun,       // memory outside the operands and the workspace was touched
  ShapeMismatch,      // operands do not fit the problem
  ContractViolation,  // a backend did not do what it says of itself
};
const char* to_string(Violation violation);

enum class DebugAction { Throw, Log, Callback, Abort };
const char* to_string(DebugAction action);

// Which calls are checked. All limits hold together; every distinct problem is checked at least
// once, whatever they say.
struct DebugBudget {
  double share = 0;        // of the time of the program's convolutions, 0.01 for 1 %; 0: no limit.
                           // A call that cannot pay for its level is sampled, or not checked
  std::int64_t every = 1;  // of all calls each N-th
  std::int64_t first = 0;  // of each distinct problem the first K; 0: no limit
  double seconds = 0;      // of checking in all; 0: no limit

  friend bool operator==(const DebugBudget&, const DebugBudget&) = default;
};

struct DebugSettings {
  DebugLevel level = DebugLevel::Projection;
  DebugBudget budget = {};
  // NaN or infinity in an input or in the result is a violation. Otherwise a result must have them
  // exactly where the definition's has.
  bool check_isfinite = true;
  // Other memory for the result in which the same call must give the same: "initial" (it holds NaN
  // before), "previous" (the right result, negated), "c_contiguous", "f_contiguous", "strided",
  // "ALL".
  std::vector<std::string> check_preallocated_output = {};
  // 0 ignores strides; 1 compares with the same call on row-major copies and logs a difference; 2
  // makes it a violation.
  int check_strides = 0;
  int patience = 1;  // how often a call is made and compared; 1: no more than the program's
  std::int64_t samples = 64;  // elements for `sampled`
  DebugAction action = DebugAction::Throw;
  std::string bundles = {};  // the folder for bundles, see bundle.h; empty: none are written
  std::int64_t bundle_bytes = std::int64_t{64} << 20;  // larger operands are cut around the error
  int bundle_limit = 8;                                // bundles of a process
  bool report = true;                                  // to stderr, when the program ends
  int threads = 0;                                     // of a check; 0: as many as the call had
  std::uint64_t seed = 1;

  friend bool operator==(const DebugSettings&, const DebugSettings&) = default;
};

// Sets one by its name: level, budget ("1%", "every=N", "first=K", "seconds=S", several joined by
// ':'), check_isfinite (also check_finite), check_preallocated_output (joined by ':'),
// check_strides, patience, samples, action, bundles, bundle_bytes, bundle_limit, report, threads,
// seed. Throws ConvError{Flag} that names it as DebugMode.NAME, its value and what was expected.
void set_debug_option(DebugSettings& settings, std::string_view name, std::string_view value);

// A violation, told in full.
struct DebugViolation {
  Violation kind = Violation::BadKernelOutput;
  std::string backend, case_line;
  Verdict verdict;
  std::string text;    // all lines for a person
  std::string bundle;  // the path of its file, or why there is none
};

// What action Throw throws; what() is the violation's text.
class DebugModeError : public std::runtime_error {
 public:
  explicit DebugModeError(DebugViolation violation)
      : std::runtime_error(violation.text), violation_(std::move(violation)) {}
  const DebugViolation& violation() const { return violation_; }

 private:
  DebugViolation violation_;
};

// What was done so far.
struct DebugTotals {
  std::int64_t calls = 0, checked = 0, threw = 0;
  std::int64_t broken = 0;  // checks that the machine could not do: no memory, no device
  std::int64_t problems = 0, problems_checked = 0;            // distinct ones
  std::int64_t elements = 0, covered = 0, by_definition = 0;  // of results
  std::int64_t violations = 0,
               graded = 0;      // graded: calls between the expected and the rigorous bound
  double worst_in_bounds = 0;   // largest error in units of the rigorous bound
  double worst_projection = 0;  // largest projection in units of its threshold
  double call_seconds = 0, check_seconds = 0;
};

// Counts, and remembers which problems were checked.
class DebugSession {
 public:
  DebugSession();
  ~DebugSession();
  DebugSession(const DebugSession&) = delete;
  DebugSession& operator=(const DebugSession&) = delete;

  // That of all calls which name no other; its report is printed when the program ends.
  static DebugSession& process();

  DebugTotals totals() const;
  // Waits for the checks of calls on device memory that are under way, and tells what they find.
  void finish() const;
  // Lines for a person: calls, problems, elements, worst error, time share.
  std::string report() const;

  struct State;
  State& state() const;  // internal

 private:
  struct Slot;
  std::unique_ptr<Slot> slot_;
};

struct DebugOptions {
  DebugSettings settings = {};
  std::function<void(const DebugViolation&)> callback = {};  // of DebugAction::Callback
  DebugSession* session = nullptr;                           // null: the process's
  // Of check_call and verify: the kernel's name, what it claims, and in which type it sums; by
  // default f64 where all operands are f64, otherwise f32.
  std::string name = "kernel";
  Claims claims = {};
  std::function<DataType(DataType)> accumulator = {};
  void* stream = nullptr;  // of check_call and verify on device memory, see RunContext
};

// A backend that runs another one and checks it. What it says of itself is what the other says.
// With DebugLevel::Off it is the other. Throws ConvError{Unsupported} for null, {Flag} for settings
// that mean nothing.
BackendPtr debug_mode(const BackendPtr& backend, const DebugOptions& options = {});

// What a check found; with another action than Throw and Abort the program gets it in its hands.
struct DebugResult {
  bool checked = false;
  bool deferred = false;  // on device memory: will be checked, see above
  std::vector<DebugViolation> violations;
  std::string note;  // coverage and detection limits
  std::vector<std::string>
      not_run;  // what the level has and this call could not have, with reasons
};

// Calls the user's kernel, which computes the problem on these operands, and checks it. Rules that
// need buffers of our own are listed as not run. Throws what the kernel throws.
DebugResult check_call(const ConvProblem& problem, const Operands& operands,
                       const std::function<void()>& kernel, const DebugOptions& options = {});

// Checks a result that is there, and on device memory waits for it.
DebugResult verify(const ConvProblem& problem, const Operands& operands,
                   const DebugOptions& options = {});

// How device memory is read: by default by the device in use, or else with the CUDA driver's
// library, where the process can load it, after all work of the current context is done. Throws
// ConvError{Memory} otherwise.
using CopyToHost = std::function<void(void* host, const void* device, std::size_t bytes)>;
void set_copy_to_host(CopyToHost copy);

}  // namespace convcheck
