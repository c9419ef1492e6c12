// Memory and a clock to measure calls with. Internal to fast.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "reference/backend.h"

namespace convcheck {

// Moments of a stream, which are put in between calls.
class Moments {
 public:
  virtual ~Moments() = default;

  // Puts one into the stream, without waiting.
  virtual void record() = 0;
  // Waits for all, gives the seconds from each to the next, and forgets them.
  virtual std::vector<double> intervals() = 0;
  // Where calls are put into a stream: puts a pause into it, without waiting, in which so many can
  // be put behind it. Otherwise their start would be part of the time of short ones.
  virtual void pause([[maybe_unused]] std::size_t calls) {}
  // What counts of the seconds of several calls.
  virtual double typical(const std::vector<double>& seconds) const;  // the median
};

// Of the wall's clock, for calls that have ended when they return.
class WallMoments final : public Moments {
 public:
  void record() override { recorded_.push_back(Clock::now()); }
  std::vector<double> intervals() override;
  // Of a processor that others use, too, the least disturbed one.
  double typical(const std::vector<double>& seconds) const override;

 private:
  using Clock = std::chrono::steady_clock;
  std::vector<Clock::time_point> recorded_;
};

class Measurement {
 public:
  virtual ~Measurement() = default;

  // Of its own, laid out as they were asked for, with numbers in them.
  virtual const Operands& operands() const = 0;
  // Valid until it is asked for another one.
  virtual std::span<std::byte> workspace(std::size_t bytes) = 0;
  // Of the stream of the calls.
  virtual Moments& moments() = 0;
};

// The seconds of so many calls of each, in turn (anew in every round, so that a disturbance meets
// all alike), after one of each that does not count. Between the calls nobody waits: the next one
// is in the stream before the one before it has ended, and its start is not part of its time. The
// streams of the calls and of the moments are the same.
std::vector<std::vector<double>> seconds_in_turn(Moments& moments,
                                                 const std::vector<std::function<void()>>& calls,
                                                 int rounds);

// What a call took.
struct Raced {
  double seconds = 0;        // above 0, unless it failed
  std::string failure = {};  // "threw: ...": it was not called again
};

// Of calls of which the fastest is wanted, in turn: a few of each, and then more of those that may
// be it, as far as half a second goes.
std::vector<Raced> race(Moments& moments, const std::vector<std::function<void()>>& calls);

// Of some numbers, the middle one; of an even count the larger of two. 0 for none.
double median(std::vector<double> numbers);

}  // namespace convcheck
