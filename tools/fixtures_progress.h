// How far a long command on fixtures is, on stderr.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace convcheck {

// On a terminal one line, rewritten a few times a second; elsewhere a line every ten seconds, so
// that quick work says nothing.
class FixturesProgress {
 public:
  FixturesProgress(std::string what, std::size_t planned);
  FixturesProgress(const FixturesProgress&) = delete;
  FixturesProgress& operator=(const FixturesProgress&) = delete;
  ~FixturesProgress();  // clears the line

  // One more is begun.
  void next(const std::string& name);

 private:
  const std::string what_;
  const std::size_t planned_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double next_ = 0;  // second of the next line
  std::size_t begun_ = 0;
};

}  // namespace convcheck
