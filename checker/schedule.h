// What the suite must know of a case before it runs: how long it takes and how much memory.
// Internal to suite.cpp.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "checker/sample.h"
#include "reference/case.h"

namespace convcheck {

// A case that is judged against the oracle; the others are more than one problem.
bool is_one_problem(const Case& c);

// The judge's own time, the backend's work, and the bytes of the operands.
struct Cost {
  double preparing = 0;  // seconds, of filling and of the oracle
  double flops = 0;  // of the sums
  double loops = 0;  // of the definition's loops: with the steps that a stride or padding leaves out
  std::int64_t bytes = 0;

  // Of a call that is repeated many times, in flops: memory that is filled, written and compared each
  // time costs as much as products. The slowest way to compute it counts.
  double repeated() const { return loops + 4 * static_cast<double>(bytes); }
  double seconds(double seconds_per_flop) const { return preparing + flops * seconds_per_flop; }
};

// Of a case that is no problem nothing: it will not run.
Cost cost_of(const Case& c, const SampleLimits& limits);

// A fast backend's time for a flop. Only the order of cases follows from it.
inline constexpr double kSecondsPerFlop = 1e-10;

// Bytes of the machine's memory.
std::int64_t machine_memory();

// How long backends take for a flop, from the cases just run: the slowest of them, slowly
// forgotten, because cases grow and larger ones run better. A case of few flops says nothing: its
// time is that of the call, or of a library that starts.
class Speed {
 public:
  void add(double seconds, double flops) {
    if (seconds < 1e-3 || flops < 1e7) return;
    slowest_ = std::max(seconds / flops, slowest_ * 0.95);
  }
  double seconds_per_flop() const { return slowest_; }

 private:
  double slowest_ = 0;
};

// Lets cases in as long as their operands fit the budget together.
class MemoryGate {
 public:
  explicit MemoryGate(std::int64_t budget) : budget_(budget) {}

  void enter(std::int64_t bytes) {
    std::unique_lock lock(mutex_);
    left_.wait(lock, [&] { return inside_ == 0 || bytes <= budget_ - inside_; });
    inside_ += bytes;
  }

  void leave(std::int64_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      inside_ -= bytes;
    }
    left_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::int64_t budget_, inside_ = 0;
};

class Admission {
 public:
  Admission(MemoryGate& gate, std::int64_t bytes) : gate_(gate), bytes_(bytes) {
    gate_.enter(bytes_);
  }
  ~Admission() { gate_.leave(bytes_); }
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

 private:
  MemoryGate& gate_;
  std::int64_t bytes_;
};

}  // namespace convcheck
