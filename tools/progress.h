// The line that says how far a run is, on stderr.
#pragma once

#include <chrono>
#include <cstdint>

#include "checker/explain.h"

namespace convcheck {

// On a terminal one line, rewritten a few times a second; elsewhere a line every ten seconds.
class Progress {
 public:
  Progress();
  // The number of units that will be added; before the first.
  void plan(std::int64_t units) { planned_ = units; }
  void add(const Finding& finding);
  // Clears the line.
  void finish();

 private:
  void show(const Finding& finding, double seconds);

  std::int64_t planned_ = 1;
  const bool terminal_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double next_ = 0;  // second of the next line
  std::int64_t done_ = 0, failed_ = 0;
};

}  // namespace convcheck
