// Memory for planes that are made anew for every call.
//
// A fresh mapping costs a page fault for every 4 KiB, more than summing what is then written there.
// So blocks of 32 KiB to 2 MiB are kept when they are given back, at most four of each power of two
// (16 MiB in all, for the whole process), and had again by the next call. Any thread may take and
// give; no lock is held, so a fork loses nothing but what its other threads had.
#pragma once

#include <cstddef>
#include <vector>

namespace convcheck::projection {

// Throws std::bad_alloc.
void* take_scratch(std::size_t bytes);
// `bytes` as it was asked for.
void give_scratch(void* memory, std::size_t bytes) noexcept;

template <class T>
struct ScratchAllocator {
  using value_type = T;

  ScratchAllocator() = default;
  template <class U>
  ScratchAllocator(const ScratchAllocator<U>&) {}  // NOLINT: allocators convert

  T* allocate(std::size_t count) { return static_cast<T*>(take_scratch(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept {
    give_scratch(memory, count * sizeof(T));
  }
  friend bool operator==(const ScratchAllocator&, const ScratchAllocator&) { return true; }
};

template <class T>
using Scratch = std::vector<T, ScratchAllocator<T>>;

}  // namespace convcheck::projection
