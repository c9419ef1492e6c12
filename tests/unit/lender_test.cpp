#include "fast/cuda/lender.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>

namespace convcheck::gpu {
namespace {

TEST(Lender, LendsAThingToOneAtATime) {
  Lender<int> lender;
  int made = 0;
  const auto make = [&] { return ++made; };
  {
    const auto one = lender.lend(0, make), two = lender.lend(0, make);
    EXPECT_NE(one.get(), two.get());
  }
  EXPECT_EQ(made, 2);
}

TEST(Lender, MakesNothingWhereOneIsFree) {
  Lender<int> lender;
  int made = 0;
  for (int i = 0; i < 10; ++i) lender.lend(0, [&] { return ++made; });
  EXPECT_EQ(made, 1);
}

TEST(Lender, KeepsKindsApart) {
  Lender<int> lender;
  lender.lend(0, [] { return 10; });
  EXPECT_EQ(lender.lend(1, [] { return 11; }).get(), 11);
  EXPECT_EQ(lender.lend(0, [] { return 12; }).get(), 10);
}

TEST(Lender, WhatCannotBeMadeIsNotKept) {
  Lender<int> lender;
  EXPECT_THROW(lender.lend(0, []() -> int { throw std::runtime_error("none"); }),
               std::runtime_error);
  EXPECT_EQ(lender.lend(0, [] { return 3; }).get(), 3);
}

// Each thing counts its users; more than one at a time, and two calls would share a stream.
TEST(Lender, ThreadsNeverHaveTheSameThing) {
  constexpr int kThreads = 4, kCalls = 2000;
  Lender<std::shared_ptr<std::atomic<int>>> lender;
  std::atomic<int> made = 0, shared = 0;
  const auto work = [&] {
    for (int i = 0; i < kCalls; ++i) {
      const auto loan = lender.lend(i % 2, [&] {
        ++made;
        return std::make_shared<std::atomic<int>>(0);
      });
      if (loan.get()->fetch_add(1) != 0) ++shared;
      std::this_thread::yield();
      loan.get()->fetch_sub(1);
    }
  };
  std::array<std::thread, kThreads> threads;
  for (std::thread& thread : threads) thread = std::thread(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared, 0);
  EXPECT_LE(made, 2 * kThreads);
}

}  // namespace
}  // namespace convcheck::gpu
