#include "checker/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#endif

namespace convcheck {
namespace {

// Keeps the caller on its processor while it lives, and puts threads that it starts on others. Left
// to the scheduler (Linux 6.18, two processors), a new thread mostly waits behind the caller for as
// long as the caller works: begun after 0.1 ms it would be, and it began after 0.6 to 2 ms.
class Placement {
 public:
  explicit Placement(int parts) {
#ifdef __linux__
    const int here = sched_getcpu();
    if (parts < 2 || here < 0 || sched_getaffinity(0, sizeof before_, &before_) != 0) return;
    others_ = before_;
    CPU_CLR(here, &others_);
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(here, &own);
    kept_ = CPU_COUNT(&others_) > 0 && sched_setaffinity(0, sizeof own, &own) == 0;
#else
    static_cast<void>(parts);
#endif
  }
  ~Placement() {
#ifdef __linux__
    if (kept_) sched_setaffinity(0, sizeof before_, &before_);
#endif
  }
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  void put_elsewhere(std::thread& thread) const {
#ifdef __linux__
    if (kept_) pthread_setaffinity_np(thread.native_handle(), sizeof others_, &others_);
#else
    static_cast<void>(thread);
#endif
  }

 private:
#ifdef __linux__
  cpu_set_t before_, others_;
  bool kept_ = false;
#endif
};

}  // namespace

int thread_count(int threads) {
  return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void in_parallel(int parts, const std::function<void(int part)>& work) {
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(std::max(parts, 0)));
  const auto guarded = [&](int part) noexcept {
    try {
      work(part);
    } catch (...) {
      thrown[static_cast<std::size_t>(part)] = std::current_exception();
    }
  };
  const Placement placement(parts);
  std::vector<std::thread> threads;
  threads.reserve(thrown.size());
  int started = 1;
  for (; started < parts; ++started) {
    try {
      placement.put_elsewhere(threads.emplace_back(guarded, started));
    } catch (const std::system_error&) {
      break;  // the machine has no more threads: the caller does the rest
    }
  }
  if (parts > 0) guarded(0);
  for (int part = started; part < parts; ++part) guarded(part);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& one : thrown) {
    if (one) std::rethrow_exception(one);
  }
}

void in_turn(int jobs, int threads, const std::function<void(int job)>& work) {
  std::atomic<int> next = 0;
  in_parallel(std::min(jobs, threads), [&](int) {
    for (int job = next++; job < jobs; job = next++) work(job);
  });
}

}  // namespace convcheck
