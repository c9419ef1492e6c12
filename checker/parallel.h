// Threads of our own: made once, asleep between calls, shared by all callers, kernels and checks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>

namespace convcheck {

// How many threads `requested` means: itself, or for 0 and below as many as the machine has.
int thread_count(int requested);

// Something that is called with a number, and outlives the call that it is given to.
class WorkRef {
 public:
  template <class Work>
  requires(!std::is_same_v<std::remove_cvref_t<Work>, WorkRef>)
      WorkRef(const Work& work)  // NOLINT: a lambda is passed as it is
      : work_(std::addressof(work)),
        call_([](const void* of, int number) { (*static_cast<const Work*>(of))(number); }) {}
  void operator()(int number) const { call_(work_, number); }

 private:
  const void* work_;
  void (*call_)(const void* work, int number);
};

// Calls work(worker) on up to `workers` threads, of which the caller's is number 0, and returns
// when all are done. Where the machine gives fewer threads, higher numbers are left out. Throws
// what one of those that failed threw.
//
// Threads that are asleep are used again, for any caller; nothing is allocated where there are
// enough of them, and no lock is held while the work runs. They have the caller's floating-point
// environment and may run where the caller may. A process that was forked has none of them and
// makes its own; forked by the work itself it must not return from there, for they never finish.
void run_workers(int workers, WorkRef work);

// Calls work(0) .. work(jobs - 1), in this order each by the next of the threads that is free; a
// thread whose job throws does no more of them.
void in_turn(int jobs, int threads, WorkRef work);

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

}  // namespace convcheck
