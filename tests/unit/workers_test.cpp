#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cfenv>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "fast/cpu/parallel.h"
#include "fast/dispatch.h"
#include "tests/unit/corrmm_call.h"

namespace {
std::atomic<std::int64_t> allocations = 0;

void* counted(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  if (void* memory = std::aligned_alloc(alignment, whole == 0 ? alignment : whole)) return memory;
  throw std::bad_alloc();
}
}  // namespace

// Of the whole program, the library included. Not inlined: the compiler would see that new is not
// new's.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  return counted(bytes, alignof(std::max_align_t));
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return counted(bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace convcheck {
namespace {

// How often each number worked.
template <std::size_t kWorkers>
std::array<std::atomic<int>, kWorkers>& count_work(std::array<std::atomic<int>, kWorkers>& counts) {
  cpu::run_workers(kWorkers, [&](int worker) { ++counts[static_cast<std::size_t>(worker)]; });
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
        cpu::run_workers(3, [&](int) { cpu::run_workers(2, [&](int) { ++sum; }); });
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
    EXPECT_THROW(cpu::run_workers(3, work), std::runtime_error);
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
    cpu::run_workers(3, ask);
    for (const auto& one : modes) EXPECT_EQ(one, mode);
  }
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
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

std::int64_t allocations_of_a_repeated_call(const Backend& backend, const ConvProblem& problem,
                                            const CorrmmCall& call) {
  const auto repeat = [&] { run(backend, problem, call.operands(), {.threads = 3}); };
  repeat();
  const std::int64_t before = allocations;
  repeat();
  return allocations - before;
}

TEST(Workers, ARepeatedCallAllocatesNothing) {
  ConvProblem problem{.batch = 2, .channels = 8, .filters = 8, .groups = 2};
  problem.windows[0] =
      problem.windows[1] = {.input = 40, .filter = 3, .pad_before = 1, .pad_after = 1};
  ConvProblem strided = problem, unshared = problem;
  strided.windows[0].stride = strided.windows[1].stride = 2;
  unshared.unshared = true;
  for (const BackendEntry& entry : backends()) {
    const bool ours = entry.name == "direct" || entry.name == "winograd" || entry.name == "corrmm";
    if (!ours || entry.backend == nullptr) continue;
    for (ConvProblem each : {problem, strided, unshared}) {
      for (const Direction direction : kAllDirections) {
        each.direction = direction;
        for (const DataType type : {DataType::F32, DataType::F64, DataType::BF16}) {
          const CorrmmCall call(each, {.type = type});
          if (!entry.backend->supports(each, call.operands())) continue;
          EXPECT_EQ(allocations_of_a_repeated_call(*entry.backend, each, call), 0)
              << entry.name << " " << to_string(each) << " " << to_string(type);
        }
      }
    }
  }
  const CorrmmCall call(problem, {});
  EXPECT_EQ(allocations_of_a_repeated_call(*automatic(), problem, call), 0);
}

}  // namespace
}  // namespace convcheck
