// Threads of our own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace convcheck::cpu {

// How many threads `requested` means: itself, or for 0 and below as many as the machine has.
int thread_count(int requested);

// Calls work(worker) on up to `workers` threads, of which the caller's is number 0, and returns
// when all are done. Where the machine gives fewer threads, higher numbers are left out. Throws
// what the first to fail threw.
void run_workers(int workers, const std::function<void(int worker)>& work);

// The numbers 0 .. count - 1, each of which goes to one of the threads that ask.
class TaskQueue {
 public:
  explicit TaskQueue(std::int64_t count) : count_(count) {}
  std::optional<std::int64_t> next() {
    const std::int64_t task = next_++;
    return task < count_ ? std::optional(task) : std::nullopt;
  }

 private:
  std::int64_t count_;
  std::atomic<std::int64_t> next_ = 0;
};

}  // namespace convcheck::cpu
