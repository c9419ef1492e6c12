// Faults in memory that is watched, survived and written down.
//
// A region is a mapping whose usable pages lie between pages that nobody may touch. A touch of
// those (or a write to usable pages that were made read-only) raises SIGSEGV or SIGBUS; a handler,
// which is installed at the first use, writes the first touch of each kind into the region, opens
// the one page and lets the program go on. Any thread may fault. Faults elsewhere go to the handler
// that was installed before, so that a crash stays one. What is not seen: a second touch of an
// opened page, and the operating system's own accesses, which fail with EFAULT.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace convcheck {

enum class Access { Read, Write, Unknown };  // Unknown: the platform does not tell

// "reads", "writes", "touches".
const char* to_string(Access access);

struct WatchedRegion {
  // The mapping, and the usable pages within it. `size` is set last and is 0 while there is none.
  std::byte* begin = nullptr;
  std::byte* usable = nullptr;
  std::size_t usable_size = 0;
  std::atomic<std::size_t> size{0};

  // Addresses of the first touch outside the usable pages by kind of access, and of the first write
  // inside; 0: none.
  std::array<std::atomic<std::uintptr_t>, 3> outside{};
  std::atomic<std::uintptr_t> written{0};

  bool touched() const;
  void forget();

  WatchedRegion* next = nullptr;  // set by watch()
};

// Adds a region that is never destroyed. A region is watched while its size is not 0.
void watch(WatchedRegion& region);

// Whether a touch of this address is survived and written down, or allowed, as it lies in a region.
bool is_watched(const void* address);

std::size_t page_size();

}  // namespace convcheck
