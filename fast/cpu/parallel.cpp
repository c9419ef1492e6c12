#include "fast/cpu/parallel.h"

#include <pthread.h>

#include <algorithm>
#include <cfenv>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#include "fast/cpu/pause.h"

namespace convcheck::cpu {
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

// A thread. It is lent to one caller at a time, who gives it a job and waits for it.
class Helper {
 public:
  Helper() {
    std::thread([this] { serve(); }).detach();
  }

  void start(Job& job, int worker) {
    job_ = &job;
    worker_ = worker;
    set(State::Working);
  }
  void wait() { leave(State::Working); }

  Helper* next = nullptr;  // in a list

 private:
  enum class State { Idle, Working };

  void set(State state) {
    state_.store(state, std::memory_order_release);
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
      std::fesetenv(&job_->environment);
      job_->run(worker_);
      set(State::Idle);
    }
  }

  std::atomic<State> state_ = State::Idle;
  Job* job_ = nullptr;
  int worker_ = 0;
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

}  // namespace

int thread_count(int requested) {
  if (requested > 0) return requested;
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void run_workers(int workers, WorkRef work) {
  if (workers <= 1) return work(0);
  Job job{.work = work};
  std::fegetenv(&job.environment);
  Helper* helpers = Pool::process().take(workers - 1);
  int worker = 0;
  for (Helper* helper = helpers; helper != nullptr; helper = helper->next) {
    helper->start(job, ++worker);
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

}  // namespace convcheck::cpu
