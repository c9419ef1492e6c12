// Work in several threads: every part and job once, the caller's processors as they were.
#include "checker/parallel.h"

#include <gtest/gtest.h>
#ifdef __linux__
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <numeric>
#include <stdexcept>
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

#ifdef __linux__
TEST(InParallel, AllMayRunWhereTheCallerMight) {
  cpu_set_t before, after;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  std::atomic<int> parts = 0, everywhere = 0;
  in_parallel(3, [&](int) {
    cpu_set_t own;
    ++parts;
    everywhere += sched_getaffinity(0, sizeof own, &own) == 0 && CPU_EQUAL(&own, &before) ? 1 : 0;
  });
  EXPECT_EQ(parts, 3);
  EXPECT_EQ(everywhere, 3);
  EXPECT_THROW(in_parallel(2, [](int) { throw std::runtime_error("both"); }), std::runtime_error);
  ASSERT_EQ(sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_EQ(std::memcmp(&before, &after, sizeof before), 0);
}

TEST(InParallel, WorksOnOneProcessor) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  std::atomic<int> parts = 0;
  in_parallel(3, [&](int) { ++parts; });
  EXPECT_EQ(parts, 3);
  sched_setaffinity(0, sizeof before, &before);
}
#endif

}  // namespace
}  // namespace convcheck
