#include "tests/gpu/stand_in/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "tests/gpu/stand_in/blocks.h"
#include "tests/gpu/stand_in/poison.h"

namespace convcheck::stand_in {
namespace {

constexpr std::size_t kGap = 4096;  // before and behind a piece
constexpr int kNobodys = 0xff;

// A gap, the piece, a gap.
struct Block {
  std::byte* first = nullptr;
  std::size_t size = 0;
  std::size_t bytes = 0;  // of the piece

  std::byte* piece() const { return first + kGap; }
};

// Few sizes, so that blocks are used again: a power of two in eighths.
std::size_t block_size(std::size_t bytes) {
  const std::size_t step = std::max(std::bit_ceil(bytes) / 8, kGap);
  return (bytes + step - 1) / step * step;
}

// One mapping, of which the part that was ever used is opened and closed as a whole: a call of the
// system each, whatever the number of pieces.
struct Memory {
  std::byte* first = nullptr;
  std::size_t used = 0, in_use = 0;
  std::map<const std::byte*, Block> pieces;
  std::map<std::size_t, std::deque<Block>> free;  // by size; the one that is free longest first
  std::vector<Block> fresh, released;  // to be filled and looked at when it is open again
  int opened = 0;

  Memory() {
    void* const all =
        mmap(nullptr, kDeviceBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) std::abort();
    first = static_cast<std::byte*>(all);
  }

  void protect(int protection) const {
    if (used > 0 && mprotect(first, used, protection) != 0) std::abort();
  }

  // To close it takes most of the time of a run of small problems.
  bool closes() const {
    static const bool closes = std::getenv("CONVCHECK_STAND_IN_STAYS_OPEN") == nullptr;
    return closes;
  }
};

Memory& memory() {
  static auto* const only = new Memory;
  return *only;
}

void fill(const Block& block) {
  ASAN_UNPOISON_MEMORY_REGION(block.first, block.size);
  std::memset(block.first, kNobodys, 2 * kGap + block.bytes);
  ASAN_POISON_MEMORY_REGION(block.first, kGap);
  ASAN_POISON_MEMORY_REGION(block.piece() + block.bytes, block.size - kGap - block.bytes);
}

void check(const Block& block) {
  ASAN_UNPOISON_MEMORY_REGION(block.first, block.size);
  const auto is_kept = [](const std::byte* from) {
    return std::all_of(from, from + kGap, [](std::byte one) { return one == std::byte{kNobodys}; });
  };
  if (!is_kept(block.first)) die("somebody wrote before a piece of device memory");
  if (!is_kept(block.piece() + block.bytes)) die("somebody wrote behind a piece of device memory");
  ASAN_POISON_MEMORY_REGION(block.first, block.size);
  memory().free[block.size].push_back(block);
}

// What was put off until memory can be touched. A piece is filled before it is looked at.
void catch_up() {
  Memory& all = memory();
  for (const Block& block : all.fresh) fill(block);
  all.fresh.clear();
  for (const Block& block : all.released) check(block);
  all.released.clear();
}

}  // namespace

std::byte* allocate(std::size_t bytes) {
  Memory& all = memory();
  if (bytes > kDeviceBytes - all.in_use) return nullptr;
  const std::size_t size = block_size(bytes + 2 * kGap);
  std::deque<Block>& free = all.free[size];
  Block block{.size = size};
  if (!free.empty()) {
    block.first = free.front().first;
    free.pop_front();
  } else if (size <= kDeviceBytes - all.used) {
    block.first = all.first + all.used;
    all.used += size;
    if (all.opened > 0) all.protect(PROT_READ | PROT_WRITE);
  } else {
    return nullptr;
  }
  block.bytes = bytes;
  all.pieces[block.piece()] = block;
  all.in_use += bytes;
  all.fresh.push_back(block);
  if (all.opened > 0) catch_up();
  return block.piece();
}

bool release(std::byte* piece) {
  Memory& all = memory();
  const auto found = all.pieces.find(piece);
  if (found == all.pieces.end()) return false;
  all.in_use -= found->second.bytes;
  all.released.push_back(found->second);
  all.pieces.erase(found);
  if (all.opened > 0) catch_up();
  return true;
}

bool is_on_device(const void* first, std::size_t bytes) {
  const auto* const at = static_cast<const std::byte*>(first);
  auto piece = memory().pieces.upper_bound(at);
  if (piece == memory().pieces.begin()) return false;
  --piece;
  return at + bytes <= piece->first + piece->second.bytes;
}

bool is_of_device(const void* at) {
  return at >= memory().first && at < memory().first + kDeviceBytes;
}

std::size_t bytes_in_use() { return memory().in_use; }

Opened::Opened() {
  if (memory().opened++ > 0) return;
  if (memory().closes() || !memory().fresh.empty()) memory().protect(PROT_READ | PROT_WRITE);
  catch_up();
}

Opened::~Opened() {
  if (--memory().opened == 0 && memory().closes()) memory().protect(PROT_NONE);
}

}  // namespace convcheck::stand_in
