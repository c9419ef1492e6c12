// Work in several threads: every number and job once, as and where the caller works.
#include "checker/parallel.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <cfenv>
#include <cstring>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

namespace convcheck {
namespace {

TEST(InTurn, EveryJobIsDoneOnceAndInOrderByOneThread) {
  for (const int threads : {0, 1, 2, 7}) {
    std::mutex mutex;
    std::vector<int> done;
    in_turn(50, threads, [&](int job) {
      const std::lock_guard lock(mutex);
      done.push_back(job);
    });
    if (threads != 1) std::sort(done.begin(), done.end());
    std::vector<int> all(50);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(done, all) << threads;
  }
  in_turn(0, 2, [](int) { FAIL() << "there is no job"; });
}

TEST(InTurn, AnExceptionReachesTheCaller) {
  EXPECT_THROW(in_turn(9, 3,
                       [](int job) {
                         if (job == 4) throw std::runtime_error("4");
                       }),
               std::runtime_error);
}

// How often each number worked.
template <std::size_t kWorkers>
std::array<std::atomic<int>, kWorkers>& count_work(std::array<std::atomic<int>, kWorkers>& counts) {
  run_workers(kWorkers, [&](int worker) { ++counts[static_cast<std::size_t>(worker)]; });
  return counts;
}

TEST(Workers, EachNumberWorksOnce) {
  std::array<std::atomic<int>, 5> counts{};
  for (int round = 1; round <= 100; ++round) {
    for (const auto& count : count_work(counts)) EXPECT_EQ(count, round);
  }
}

TEST(Workers, SeveralCallersAndCallsWithinCallsDoNotWaitForOneAnother) {
  std::atomic<int> sum = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        run_workers(3, [&](int) { run_workers(2, [&](int) { ++sum; }); });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 50 * 3 * 2);
}

TEST(Workers, WhatOneThrowsReachesTheCallerWhenAllAreDone) {
  for (const int thrower : {0, 2}) {
    std::atomic<int> done = 0;
    const auto work = [&](int worker) {
      if (worker == thrower) throw std::runtime_error("worker");
      ++done;
    };
    EXPECT_THROW(run_workers(3, work), std::runtime_error);
    EXPECT_EQ(done, 2);
  }
  std::array<std::atomic<int>, 3> counts{};
  for (const auto& count : count_work(counts)) EXPECT_EQ(count, 1);
}

TEST(Workers, RoundAsTheCallerDoes) {
  std::array<std::atomic<int>, 3> modes{};
  const auto ask = [&](int worker) { modes[static_cast<std::size_t>(worker)] = std::fegetround(); };
  for (const int mode : {FE_UPWARD, FE_TONEAREST}) {
    std::fesetround(mode);
    run_workers(3, ask);
    for (const auto& one : modes) EXPECT_EQ(one, mode);
  }
}

// Whether the child ends by itself, and well.
bool ends_well(pid_t child) {
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

TEST(Workers, AForkedProcessHasItsOwn) {
  std::array<std::atomic<int>, 3> counts{};
  count_work(counts);
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // ends it where it waits for threads that it does not have
    count_work(counts);
    _exit(counts[0] == 2 && counts[1] == 2 && counts[2] == 2 ? 0 : 1);
  }
  EXPECT_TRUE(ends_well(child));
}

// In children whose first call it is, unless a test before this one has called.
TEST(Workers, AForkDuringTheFirstCallLeavesNothingLocked) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "gcc 12's allocator for it hangs in a child whose parent was allocating";
#endif
  const auto call = [] { run_workers(2, [](int) {}); };
  for (int i = 0; i < 40; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      std::thread first(call);
      const pid_t grandchild = fork();
      if (grandchild == 0) {
        alarm(5);
        call();
        _exit(0);
      }
      const bool well = ends_well(grandchild);
      first.join();
      _exit(well ? 0 : 1);
    }
    ASSERT_TRUE(ends_well(child)) << i;
  }
}

#ifdef __linux__
TEST(Workers, MayRunWhereTheCallerMay) {
  cpu_set_t before, after;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  for (const cpu_set_t& allowed : {before, one, before}) {
    ASSERT_EQ(sched_setaffinity(0, sizeof allowed, &allowed), 0);
    std::atomic<int> workers = 0, as_the_caller = 0;
    run_workers(3, [&](int) {
      cpu_set_t own;
      ++workers;
      as_the_caller +=
          sched_getaffinity(0, sizeof own, &own) == 0 && CPU_EQUAL(&own, &allowed) ? 1 : 0;
    });
    EXPECT_EQ(workers, 3);
    EXPECT_EQ(as_the_caller, 3);
  }
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_EQ(std::memcmp(&before, &after, sizeof before), 0);
}
#endif

}  // namespace
}  // namespace convcheck
