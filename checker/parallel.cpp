#include "checker/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#endif

namespace convcheck {
namespace {

#ifdef __linux__
// A thread that begins on another processor than its creator's, and may run on all of them from
// then on. Left to the scheduler it mostly waits behind its creator for as long as that works:
// with Linux 6.18 on two processors it began after 0.6 to 2 ms, and begins so after 0.1 ms.
class Worker {
 public:
  explicit Worker(std::function<void()> work) : start_(new Start{std::move(work), {}, false}) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    const int here = sched_getcpu();
    if (here >= 0 && sched_getaffinity(0, sizeof start_->all, &start_->all) == 0) {
      cpu_set_t others = start_->all;
      CPU_CLR(here, &others);
      start_->placed = CPU_COUNT(&others) > 0 &&
                       pthread_attr_setaffinity_np(&attributes, sizeof others, &others) == 0;
    }
    int error = pthread_create(&thread_, &attributes, run, start_.get());
    pthread_attr_destroy(&attributes);
    if (error != 0 && start_->placed) {  // where a thread may not be placed, it need not be
      start_->placed = false;
      error = pthread_create(&thread_, nullptr, run, start_.get());
    }
    if (error != 0) throw std::system_error(error, std::generic_category());
  }
  ~Worker() { pthread_join(thread_, nullptr); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

 private:
  struct Start {
    std::function<void()> work;
    cpu_set_t all;
    bool placed;
  };
  static void* run(void* start) {
    const auto* const own = static_cast<const Start*>(start);
    if (own->placed) sched_setaffinity(0, sizeof own->all, &own->all);
    own->work();
    return nullptr;
  }

  std::unique_ptr<Start> start_;
  pthread_t thread_{};
};
#else
using Worker = std::jthread;
#endif

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
  {
    std::vector<std::unique_ptr<Worker>> workers;
    workers.reserve(thrown.size());
    int started = 1;
    for (; started < parts; ++started) {
      try {
        workers.push_back(std::make_unique<Worker>([&guarded, started] { guarded(started); }));
      } catch (const std::exception&) {
        break;  // the machine has no more threads or memory: the caller does the rest
      }
    }
    if (parts > 0) guarded(0);
    for (int part = started; part < parts; ++part) guarded(part);
  }
  for (const std::exception_ptr& one : thrown) {
    if (one) std::rethrow_exception(one);
  }
}

void in_turn(int jobs, int threads, const std::function<void(int job)>& work) {
  std::atomic<int> next = 0;
  in_parallel(std::min(jobs, thread_count(threads)), [&](int) {
    for (int job = next++; job < jobs; job = next++) work(job);
  });
}

}  // namespace convcheck
