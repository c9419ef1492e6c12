#include "fast/cpu/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace convcheck::cpu {
namespace {

class FirstError {
 public:
  void keep(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

int thread_count(int requested) {
  if (requested > 0) return requested;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void parallel_for(std::int64_t tasks, int workers,
                  const std::function<void(std::int64_t task, int worker)>& task) {
  std::atomic<std::int64_t> next = 0;
  FirstError error;
  const auto work = [&](int worker) {
    try {
      for (std::int64_t i = next++; i < tasks; i = next++) task(i, worker);
    } catch (...) {
      error.keep(std::current_exception());
      next = tasks;
    }
  };
  std::vector<std::thread> helpers;
  try {
    for (int worker = 1; worker < workers; ++worker) helpers.emplace_back(work, worker);
  } catch (const std::system_error&) {
    // The machine gives no more threads: those that there are do all tasks.
  }
  work(0);
  for (std::thread& helper : helpers) helper.join();
  error.rethrow();
}

}  // namespace convcheck::cpu
