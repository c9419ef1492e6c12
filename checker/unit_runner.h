// Where units are judged: in this process, or in one that may die of them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "checker/judged.h"
#include "checker/reduced_layers.h"
#include "checker/sample.h"
#include "checker/verdict.h"
#include "reference/backend.h"
#include "reference/case.h"

namespace convcheck {

// Judges the documented function of a case that is more than one ConvProblem (separable_conv2d,
// bilinear_upsampling ...), or one under another name (conv2d_transpose), on a backend.
using ComposedJudge = std::function<Verdict(const Case&, const BackendPtr&)>;

// What is judged, and how its calls are made.
struct Subjects {
  std::vector<BackendPtr> backends;
  std::vector<Rule> rules;
  int threads = 1;  // of each call
  SampleLimits limits = {};
  ComposedJudge composed = {};  // absent: composed functions are skipped
  // A case of one problem under another name, of at most so many flops, must pass `composed` too.
  double composed_flops = kReducedFlops;
};

// One thing to judge about a case: places in the lists of the Subjects.
struct Unit {
  std::size_t backend = 0, rule = 0;
  friend bool operator==(const Unit&, const Unit&) = default;
};

struct UnitResult {
  Unit unit;
  Verdict verdict;
  double running = 0;    // seconds of wall time in calls of the backend
  double preparing = 0;  // and of all else: fills, the oracle, judging
  // A call did not come back while this unit was judged: the verdict is that of the rule
  // `completes`.
  bool returned = true;
};

// One case at a time.
class UnitRunner {
 public:
  using Report = std::function<void(const UnitResult&)>;

  virtual ~UnitRunner() = default;
  // Judges the units in their order; hands over each result as soon as it is there. Throws what
  // `report` throws, and std::runtime_error when the machine does not let it work.
  virtual void run(const Case& c, const std::vector<Unit>& units, const Report& report) = 0;
};

// Makes a runner; called once for each thread of a suite.
using MakeRunner = std::function<std::unique_ptr<UnitRunner>(const Subjects&)>;

// In this process: the case is prepared once for all its units. What a backend does to the process
// it does to the suite. A backend for device memory runs on_device() (checker/device/on_device.h).
std::unique_ptr<UnitRunner> in_process_runner(const Subjects& subjects);

}  // namespace convcheck
