#include "checker/parallel.h"

#include <pthread.h>

#include <algorithm>
#include <cfenv>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "checker/pause.h"
#ifdef __linux__
#include <sched.h>
#endif

namespace convcheck {
namespace {

constexpr int kSpins = 1000;  // some ten microseconds: what waking a thread takes

// One call. The caller's stack has it.
struct Job {
  WorkRef work;
  std::fenv_t environment{};
  std::mutex mutex{};
  std::exception_ptr error{};

  void run(int worker) {
    try {
      work(worker);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
    }
  }
};

#ifdef __linux__
// Where the calling thread is and may run.
struct Place {
  cpu_set_t allowed{};
  int processor = -1;  // unknown
  Place() {
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) processor = sched_getcpu();
  }
};

// Where a helper runs. Woken on the processor of the thread that wakes it, it mostly waits there
// for as long as that one works: with Linux 6.18 on two processors 0.6 to 2 ms. So a helper that
// was last on the caller's processor is first allowed all others only, and then what it may.
class Placement {
 public:
  // By the caller, while the helper waits.
  void follow(const Place& caller, pthread_t helper) {
    if (caller.processor < 0) return;
    cpu_set_t wanted = caller.allowed;
    if (caller.processor == processor_) {
      CPU_CLR(caller.processor, &wanted);
      if (CPU_COUNT(&wanted) == 0) wanted = caller.allowed;
    }
    if (!CPU_EQUAL(&wanted, &now_) && pthread_setaffinity_np(helper, sizeof wanted, &wanted) == 0) {
      now_ = wanted;
    }
    allowed_ = caller.allowed;
  }
  // By the helper itself.
  void begin() {
    if (CPU_EQUAL(&now_, &allowed_)) return;
    if (sched_setaffinity(0, sizeof allowed_, &allowed_) == 0) now_ = allowed_;
  }
  void end() { processor_ = sched_getcpu(); }

 private:
  cpu_set_t now_ = Place().allowed, allowed_ = now_;  // of a new thread: its creator's
  int processor_ = sched_getcpu();
};
#else
struct Place {};
struct Placement {
  void follow(const Place&, pthread_t) {}
  void begin() {}
  void end() {}
};
#endif

// A thread. It is lent to one caller at a time, who gives it a job and waits for it.
class Helper {
 public:
  Helper() {
    std::thread thread([this] { serve(); });
    thread_ = thread.native_handle();
    thread.detach();
  }

  void start(Job& job, int worker, const Place& caller) {
    job_ = &job;
    worker_ = worker;
    placement_.follow(caller, thread_);
    set(State::Working);
  }
  void wait() { leave(State::Working); }

  Helper* next = nullptr;  // in a list

 private:
  enum class State { Idle, Working };

  // Sequentially consistent, not release: libstdc++ skips the call of notify_one where it reads
  // that nobody waits, which it then may read before the state is stored. A caller whose helper
  // had many writes outstanding was seen to sleep for ever.
  void set(State state) {
    state_.store(state, std::memory_order_seq_cst);
    state_.notify_one();
  }
  // Returns when the state is another one.
  void leave(State state) {
    for (int i = 0; i < kSpins; ++i) {
      if (state_.load(std::memory_order_acquire) != state) return;
      pause();
    }
    state_.wait(state, std::memory_order_acquire);
  }
  [[noreturn]] void serve() {
    while (true) {
      leave(State::Idle);
      placement_.begin();
      std::fesetenv(&job_->environment);
      job_->run(worker_);
      placement_.end();
      set(State::Idle);
    }
  }

  std::atomic<State> state_ = State::Idle;
  Job* job_ = nullptr;
  int worker_ = 0;
  Placement placement_;
  pthread_t thread_{};
};

// All threads that no caller has.
class Pool {
 public:
  // Never destroyed: its threads may outlive all static objects.
  static Pool& process() {
    static Pool& pool = *new Pool;
    return pool;
  }

  // A list of up to `count`.
  Helper* take(int count) {
    Helper* taken = nullptr;
    for (; count > 0; --count) {
      Helper* helper = idle_or_new();
      if (helper == nullptr) break;
      helper->next = taken;
      taken = helper;
    }
    return taken;
  }
  void give_back(Helper* helper) {
    const std::lock_guard lock(mutex_);
    helper->next = idle_;
    idle_ = helper;
  }

 private:
  Pool() {
    pthread_atfork([] { process().mutex_.lock(); }, [] { process().mutex_.unlock(); },
                   [] {
                     process().idle_ = nullptr;  // the threads themselves were not copied
                     process().mutex_.unlock();
                   });
  }

  // Null where the machine gives no more.
  Helper* idle_or_new() {
    {
      const std::lock_guard lock(mutex_);
      if (Helper* helper = idle_) {
        idle_ = helper->next;
        return helper;
      }
    }
    try {
      return new Helper;
    } catch (const std::system_error&) {
      return nullptr;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  std::mutex mutex_;
  Helper* idle_ = nullptr;
};

// Made before there are other threads: one that forks while another makes the pool would copy it
// half made, or locked before it is known to the handlers.
[[maybe_unused]] const Pool& made_early = Pool::process();

}  // namespace

int thread_count(int requested) {
  if (requested > 0) return requested;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void run_workers(int workers, WorkRef work) {
  if (workers <= 1) return work(0);
  Job job{.work = work};
  std::fegetenv(&job.environment);
  const Place caller;
  Helper* helpers = Pool::process().take(workers - 1);
  int worker = 0;
  for (Helper* helper = helpers; helper != nullptr; helper = helper->next) {
    helper->start(job, ++worker, caller);
  }
  job.run(0);
  while (helpers != nullptr) {
    Helper* const helper = helpers;
    helpers = helper->next;
    helper->wait();
    Pool::process().give_back(helper);
  }
  if (job.error) std::rethrow_exception(job.error);
}

void in_turn(int jobs, int threads, WorkRef work) {
  TaskQueue queue(jobs);
  run_workers(std::min(jobs, thread_count(threads)), [&](int) {
    while (const auto job = queue.next()) work(static_cast<int>(*job));
  });
}

}  // namespace convcheck
