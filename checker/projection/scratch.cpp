#include "checker/projection/scratch.h"

#include <array>
#include <atomic>
#include <bit>
#include <new>

namespace convcheck::projection {
namespace {

constexpr std::size_t kSmallest = 15, kLargest = 21;  // powers of two
constexpr std::align_val_t kAlignment{64};

using Slots = std::array<std::atomic<void*>, 4>;

Slots& slots_of(std::size_t power) {
  static std::array<Slots, kLargest - kSmallest + 1> all{};
  return all[power - kSmallest];
}

// The power of two of the block that holds so many bytes; 0 where blocks are not kept.
std::size_t power_of(std::size_t bytes) {
  if (bytes <= std::size_t{1} << (kSmallest - 1) || bytes > std::size_t{1} << kLargest) return 0;
  return static_cast<std::size_t>(std::bit_width(bytes - 1));
}

}  // namespace

void* take_scratch(std::size_t bytes) {
  const std::size_t power = power_of(bytes);
  if (power == 0) return ::operator new(bytes, kAlignment);
  for (std::atomic<void*>& slot : slots_of(power)) {
    if (void* const kept = slot.exchange(nullptr, std::memory_order_acquire)) return kept;
  }
  return ::operator new (std::size_t{1} << power, kAlignment);
}

void give_scratch(void* memory, std::size_t bytes) noexcept {
  const std::size_t power = power_of(bytes);
  if (power != 0) {
    for (std::atomic<void*>& slot : slots_of(power)) {
      void* empty = nullptr;
      if (slot.compare_exchange_strong(empty, memory, std::memory_order_release)) return;
    }
  }
  ::operator delete(memory, kAlignment);
}

}  // namespace convcheck::projection
