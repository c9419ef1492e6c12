#include "fast/cpu/parallel.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace convcheck::cpu {

int thread_count(int requested) {
  if (requested > 0) return requested;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void run_workers(int workers, const std::function<void(int worker)>& work) {
  std::mutex mutex;
  std::exception_ptr first_error;
  const auto guarded = [&](int worker) {
    try {
      work(worker);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!first_error) first_error = std::current_exception();
    }
  };
  std::vector<std::thread> helpers;
  helpers.reserve(static_cast<std::size_t>(std::max(workers, 1)));
  try {
    for (int worker = 1; worker < workers; ++worker) helpers.emplace_back(guarded, worker);
  } catch (const std::system_error&) {
    // The machine gives no more threads: those that there are take all tasks.
  }
  guarded(0);
  for (std::thread& helper : helpers) helper.join();
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace convcheck::cpu
