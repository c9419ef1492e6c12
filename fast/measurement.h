// Memory and a clock to measure calls with. Internal to fast.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "reference/backend.h"

namespace convcheck {

class Measurement {
 public:
  virtual ~Measurement() = default;

  // Of its own, laid out as they were asked for, with numbers in them.
  virtual const Operands& operands() const = 0;
  // Valid until it is asked for another one.
  virtual std::span<std::byte> workspace(std::size_t bytes) = 0;
  // Of one call, until all that it began is done; above 0.
  virtual double seconds_of(const std::function<void()>& call) = 0;
};

// Moments of a stream, which are put in between calls.
class Moments {
 public:
  virtual ~Moments() = default;

  // Puts one into the stream, without waiting.
  virtual void record() = 0;
  // Waits for all, gives the seconds from each to the next, and forgets them.
  virtual std::vector<double> intervals() = 0;
};

// The seconds of so many calls of each, in turn (anew in every round, so that a disturbance meets
// all alike), after one of each that does not count. Between the calls nobody waits: the next one
// is in the stream before the one before it has ended, and its start is not part of its time. The
// streams of the calls and of the moments are the same.
std::vector<std::vector<double>> seconds_in_turn(Moments& moments,
                                                 const std::vector<std::function<void()>>& calls,
                                                 int rounds);

// Of some numbers, the middle one; of an even count the larger of two. 0 for none.
double median(std::vector<double> numbers);

}  // namespace convcheck
