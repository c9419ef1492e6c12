#include "checker/buffers/guarded_buffer.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <thread>
#include <vector>

#include "reference/error.h"

namespace convcheck {
namespace {

constexpr std::byte kPattern{0x5a};

// What the compiler may neither leave out nor know to be out of bounds.
void write_at(const GuardedBuffer& buffer, std::int64_t offset) {
  volatile std::byte* const at = buffer.data();
  at[offset] = std::byte{1};
}
void read_at(const GuardedBuffer& buffer, std::int64_t offset) {
  const volatile std::byte* const at = buffer.data();
  [[maybe_unused]] const std::byte seen = at[offset];
}

GuardedBuffer filled(std::size_t bytes, End end) {
  GuardedBuffer buffer(bytes, end, 1);
  buffer.fill(kPattern);
  return buffer;
}

std::vector<std::size_t> sizes() {
  const std::size_t page = page_size();
  return {0, 1, 2, page - 1, page, page + 1, 2 * page};
}

TEST(GuardedBuffer, SeesEveryWriteJustOutsideOfEitherEnd) {
  for (const std::size_t size : sizes()) {
    for (const End end : {End::First, End::Last}) {
      for (const std::int64_t at : {std::int64_t{-1}, static_cast<std::int64_t>(size)}) {
        const GuardedBuffer buffer = filled(size, end);
        write_at(buffer, at);
        auto touch = buffer.guard_touch();
        if (!touch) touch = buffer.band_touch(kPattern);
        ASSERT_TRUE(touch) << size;
        EXPECT_EQ(touch->offset, at);
        EXPECT_EQ(touch->access, Access::Write);
      }
    }
  }
}

TEST(GuardedBuffer, SeesEveryReadJustOutsideOfTheGuardedEnd) {
  for (const std::size_t size : sizes()) {
    for (const End end : {End::First, End::Last}) {
      const std::int64_t at = end == End::First ? -1 : static_cast<std::int64_t>(size);
      const GuardedBuffer buffer = filled(size, end);
      read_at(buffer, at);
      const auto touch = buffer.guard_touch();
      ASSERT_TRUE(touch) << size;
      EXPECT_EQ(touch->offset, at);
      EXPECT_NE(touch->access, Access::Write);
    }
  }
}

TEST(GuardedBuffer, BothEndsOfWholePagesAreGuarded) {
  for (const End end : {End::First, End::Last}) {
    for (const std::size_t pages : {1, 2}) {
      const std::size_t size = pages * page_size();
      for (const std::int64_t at : {std::int64_t{-1}, static_cast<std::int64_t>(size)}) {
        const GuardedBuffer buffer = filled(size, end);
        read_at(buffer, at);
        ASSERT_TRUE(buffer.guard_touch());
        EXPECT_EQ(buffer.guard_touch()->offset, at);
      }
    }
  }
}

TEST(GuardedBuffer, EveryByteInsideIsTheCallers) {
  for (const std::size_t size : sizes()) {
    for (const End end : {End::First, End::Last}) {
      const GuardedBuffer buffer = filled(size, end);
      for (std::byte& byte : buffer.bytes()) byte = std::byte{7};
      EXPECT_FALSE(buffer.guard_touch());
      EXPECT_FALSE(buffer.band_touch(kPattern));
      EXPECT_FALSE(buffer.forbidden_write());
    }
  }
}

TEST(GuardedBuffer, SeesAWriteFarOutside) {
  for (const std::int64_t at : {-40000, 40000}) {
    const GuardedBuffer buffer = filled(100, at < 0 ? End::First : End::Last);
    write_at(buffer, at);
    ASSERT_TRUE(buffer.guard_touch());
    EXPECT_EQ(buffer.guard_touch()->offset, at);
  }
}

TEST(GuardedBuffer, AWriteAfterAReadOfTheSameGuardIsAWrite) {
  const GuardedBuffer buffer = filled(10, End::Last);
  read_at(buffer, 10);
  write_at(buffer, 12);
  ASSERT_TRUE(buffer.guard_touch());
  EXPECT_EQ(buffer.guard_touch()->offset, 12);
}

TEST(GuardedBuffer, NotesAWriteToReadOnlyMemoryThatIsUndone) {
  GuardedBuffer buffer = filled(100, End::Last);
  buffer.set_read_only(true);
  read_at(buffer, 3);
  EXPECT_FALSE(buffer.forbidden_write());
  write_at(buffer, 42);
  buffer.data()[42] = kPattern;
  ASSERT_TRUE(buffer.forbidden_write());
  EXPECT_EQ(buffer.forbidden_write()->offset, 42);
  buffer.set_read_only(false);
  write_at(buffer, 1);
  EXPECT_EQ(buffer.forbidden_write()->offset, 42);
}

TEST(GuardedBuffer, ATouchIsForgottenWhenTheMemoryIsUsedAgain) {
  for (int time = 0; time < 3; ++time) {
    GuardedBuffer buffer = filled(8, End::Last);
    EXPECT_FALSE(buffer.guard_touch());
    EXPECT_FALSE(buffer.forbidden_write());
    write_at(buffer, 8);
    write_at(buffer, -5000);
    ASSERT_TRUE(buffer.guard_touch());
    buffer.set_read_only(true);
    write_at(buffer, 0);
    ASSERT_TRUE(buffer.forbidden_write());
  }
}

TEST(GuardedBuffer, KeepsAlignmentAndOffset) {
  for (const std::size_t size : {1, 40, 64, 100, 5000}) {
    const GuardedBuffer last(size, End::Last, 64), first(size, End::First, 1, 12);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(last.data()) % 64, 0u);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first.data()) % 64, 12u);
  }
}

TEST(GuardedBuffer, AnAlignedBufferHasABandBehindIt) {
  GuardedBuffer buffer(40, End::Last, 64);
  buffer.fill(kPattern);
  write_at(buffer, 40);
  ASSERT_TRUE(buffer.band_touch(kPattern));
  EXPECT_EQ(buffer.band_touch(kPattern)->offset, 40);
}

TEST(GuardedBuffer, SeesTheFaultsOfSeveralThreads) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t thread = 0; thread < wrong.size(); ++thread) {
    threads.emplace_back([&wrong, thread] {
      for (std::size_t time = 0; time < 200; ++time) {
        const std::size_t size = 1 + (time * 37 + thread * 1001) % 9000;
        const GuardedBuffer buffer = filled(size, End::Last);
        const bool touches = time % 3 == 0;
        if (touches) write_at(buffer, static_cast<std::int64_t>(size + thread));
        const auto touch = buffer.guard_touch();
        const bool right = touches
                               ? touch && touch->offset == static_cast<std::int64_t>(size + thread)
                               : !touch && !buffer.band_touch(kPattern);
        if (!right) ++wrong[thread];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(GuardedBuffer, AFaultInAnotherThreadThanTheOwnersIsSeen) {
  const GuardedBuffer buffer = filled(24, End::Last);
  std::thread([&] { read_at(buffer, 24); }).join();
  EXPECT_TRUE(buffer.guard_touch());
}

TEST(GuardedBuffer, RefusesWhatCannotBeMapped) {
  EXPECT_THROW(GuardedBuffer(std::size_t{1} << 60, End::Last, 1), ConvError);
}

TEST(FaultsDeathTest, AForeignFaultStillEndsTheProgram) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        const GuardedBuffer buffer = filled(8, End::Last);
        write_at(buffer, 8);
        volatile std::uintptr_t nowhere = 64;
        *reinterpret_cast<volatile int*>(nowhere) = 1;
      },
      "");
}

TEST(FaultsDeathTest, ASignalThatIsSentEndsTheProgram) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(
      {
        const GuardedBuffer buffer = filled(8, End::Last);
        raise(SIGSEGV);
      },
      "");
}

TEST(FirstOther, FindsTheFirstByteThatDiffers) {
  std::vector<std::byte> bytes(100, kPattern);
  EXPECT_EQ(first_other(bytes, kPattern), 100u);
  EXPECT_EQ(first_other(bytes, std::byte{1}), 0u);
  EXPECT_EQ(first_other({}, kPattern), 0u);
  for (const std::size_t at : {0, 1, 50, 99}) {
    bytes.assign(100, kPattern);
    bytes[at] = std::byte{0};
    EXPECT_EQ(first_other(bytes, kPattern), at);
  }
}

}  // namespace
}  // namespace convcheck
