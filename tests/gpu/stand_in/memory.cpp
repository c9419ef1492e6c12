#include "tests/gpu/stand_in/memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, bytes) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(at, bytes) static_cast<void>(0)
#endif

namespace convcheck::stand_in {
namespace {

constexpr std::size_t kReserved = std::size_t{1} << 40, kPage = 4096, kAlignment = 256;

constexpr std::size_t rounded(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

struct Memory {
  std::byte* first = nullptr;  // of the places reserved
  std::size_t taken = 0, in_use = 0;
  std::map<const std::byte*, std::size_t> pieces;
  int opened = 0;

  Memory() {
    void* const all =
        mmap(nullptr, kReserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) std::abort();
    first = static_cast<std::byte*>(all);
  }
};

Memory& memory() {
  static auto* const only = new Memory;
  return *only;
}

std::byte* page_of(const std::byte* at) {
  return const_cast<std::byte*>(at) - reinterpret_cast<std::uintptr_t>(at) % kPage;
}

// Of the pages of a piece.
void protect(const std::byte* piece, std::size_t bytes, int protection) {
  std::byte* const page = page_of(piece);
  const std::size_t size = rounded(static_cast<std::size_t>(piece - page) + bytes, kPage);
  if (mprotect(page, size, protection) != 0) std::abort();
}

void protect_all(int protection) {
  for (const auto& [piece, bytes] : memory().pieces) protect(piece, bytes, protection);
}

}  // namespace

std::byte* allocate(std::size_t bytes) {
  Memory& all = memory();
  // The last byte is near the end of a page: what is behind it is nobody's.
  const std::size_t own = rounded(bytes, kAlignment), pages = rounded(own, kPage);
  if (own < bytes || all.in_use + own > kDeviceBytes) return nullptr;
  if (all.taken + pages + 2 * kPage > kReserved) return nullptr;
  std::byte* const page = all.first + all.taken + kPage;
  std::byte* const piece = page + (pages - own);
  all.taken += pages + kPage;
  if (mprotect(page, pages, PROT_READ | PROT_WRITE) != 0) return nullptr;
  ASAN_UNPOISON_MEMORY_REGION(page, pages);
  std::memset(page, 0xff, pages);
  ASAN_POISON_MEMORY_REGION(page, pages - own);
  ASAN_POISON_MEMORY_REGION(piece + bytes, own - bytes);
  all.in_use += own;
  all.pieces[piece] = bytes;
  if (all.opened == 0) protect(piece, bytes, PROT_NONE);
  return piece;
}

bool release(std::byte* piece) {
  Memory& all = memory();
  const auto found = all.pieces.find(piece);
  if (found == all.pieces.end()) return false;
  const std::size_t own = rounded(found->second, kAlignment), pages = rounded(own, kPage);
  std::byte* const page = piece + own - pages;
  // The same place stays reserved, and its memory goes back.
  if (mmap(page, pages, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
           0) == MAP_FAILED) {
    std::abort();
  }
  all.in_use -= own;
  all.pieces.erase(found);
  return true;
}

bool is_on_device(const void* first, std::size_t bytes) {
  const auto* const at = static_cast<const std::byte*>(first);
  auto piece = memory().pieces.upper_bound(at);
  if (piece == memory().pieces.begin()) return false;
  --piece;
  return at + bytes <= piece->first + piece->second;
}

bool was_on_device(const void* at) {
  return at >= memory().first && at < memory().first + kReserved;
}

std::size_t bytes_in_use() { return memory().in_use; }

Opened::Opened() {
  if (memory().opened++ == 0) protect_all(PROT_READ | PROT_WRITE);
}

Opened::~Opened() {
  if (--memory().opened == 0) protect_all(PROT_NONE);
}

}  // namespace convcheck::stand_in
