// The line that says how far a run is, on stderr.
#pragma once

#include <chrono>
#include <cstdint>

#include "checker/suite.h"

namespace convcheck {

// On a terminal one line, rewritten a few times a second; elsewhere nothing.
class Progress {
 public:
  Progress();
  // Before the first unit.
  void plan(const Plan& plan);
  void add(const Finding& finding);
  void add(const CaseResult& result);
  // Clears the line.
  void finish();

 private:
  void show(const Finding& finding, double seconds);

  const bool terminal_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double next_ = 0;  // second of the next line
  Plan plan_;
  std::int64_t done_ = 0, failed_ = 0;
  double estimated_ = 0;  // seconds of the cases that are done, as the plan has them
};

}  // namespace convcheck
