// Threads of our own: made once, asleep between calls, shared by all callers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>

namespace convcheck::cpu {

// How many threads `requested` means: itself, or for 0 and below as many as the machine has.
int thread_count(int requested);

// Something that is called with a worker's number, and outlives the call that it is given to.
class WorkRef {
 public:
  template <class Work>
  requires(!std::is_same_v<std::remove_cvref_t<Work>, WorkRef>)
      WorkRef(const Work& work)  // NOLINT: a lambda is passed as it is
      : work_(std::addressof(work)),
        call_([](const void* of, int worker) { (*static_cast<const Work*>(of))(worker); }) {}
  void operator()(int worker) const { call_(work_, worker); }

 private:
  const void* work_;
  void (*call_)(const void* work, int worker);
};

// Calls work(worker) on up to `workers` threads, of which the caller's is number 0, and returns
// when all are done. Where the machine gives fewer threads, higher numbers are left out. Throws
// what one of those that failed threw.
//
// Threads that are asleep are used again, for any caller; nothing is allocated where there are
// enough of them, and no lock is held while the work runs. They have the caller's floating-point
// environment. A process that was forked has none of them and makes its own.
void run_workers(int workers, WorkRef work);

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
