#include "checker/buffers/guarded_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "reference/error.h"

namespace convcheck {

struct GuardedBuffer::Block : WatchedRegion {
  std::size_t pages() const { return usable_size / page_size(); }
};

namespace {

using Block = GuardedBuffer::Block;

// A kernel that misses by a row, and not by an element, shall still hit the guard.
constexpr std::size_t kGuardPages = 16;
// Larger blocks are unmapped at once: mapping them costs little beside using them.
constexpr std::size_t kLargestKept = 64;
constexpr std::size_t kKeptOfASize = 16;

std::byte* map(std::size_t bytes) {
  void* const made = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return made == MAP_FAILED ? nullptr : static_cast<std::byte*>(made);
}

// Blocks that wait for their next use, by number of pages; and the descriptions of unmapped ones,
// which are watched for ever and so are used again.
class Pool {
 public:
  Block* take(std::size_t pages) {
    Block* block = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (pages <= kLargestKept && !kept_[pages].empty()) {
        block = kept_[pages].back();
        kept_[pages].pop_back();
        return block;
      }
      if (!unused_.empty()) {
        block = unused_.back();
        unused_.pop_back();
      }
    }
    if (block == nullptr) {
      block = new Block;
      watch(*block);
    }
    if (make(*block, pages)) return block;
    const std::lock_guard lock(mutex_);
    unused_.push_back(block);
    throw ConvError(ErrorKind::Memory, "buffer", std::to_string(pages) + " pages",
                    "a size that can be mapped");
  }

  void give_back(Block* block) {
    const std::size_t pages = block->pages();
    if (block->touched()) close(*block);
    const std::lock_guard lock(mutex_);
    if (pages <= kLargestKept && kept_[pages].size() < kKeptOfASize) {
      kept_[pages].push_back(block);
    } else {
      munmap(block->begin, block->size.exchange(0));
      unused_.push_back(block);
    }
  }

 private:
  static bool make(Block& block, std::size_t pages) {
    const std::size_t guard = kGuardPages * page_size(), usable = pages * page_size();
    std::byte* const begin = map(usable + 2 * guard);
    if (begin == nullptr) return false;
    if (mprotect(begin + guard, usable, PROT_READ | PROT_WRITE) != 0) {
      munmap(begin, usable + 2 * guard);
      return false;
    }
    block.begin = begin;
    block.usable = begin + guard;
    block.usable_size = usable;
    block.forget();
    block.size = usable + 2 * guard;
    return true;
  }

  // Puts back the guards that were opened, without what was written to them.
  static void close(Block& block) {
    const std::size_t guard = kGuardPages * page_size();
    for (std::byte* const at : {block.begin, block.usable + block.usable_size}) {
      madvise(at, guard, MADV_DONTNEED);
      mprotect(at, guard, PROT_NONE);
    }
    mprotect(block.usable, block.usable_size, PROT_READ | PROT_WRITE);
    block.forget();
  }

  std::mutex mutex_;
  std::array<std::vector<Block*>, kLargestKept + 1> kept_;
  std::vector<Block*> unused_;
};

// Never destroyed: a buffer may be given back while the program ends.
Pool& pool() {
  static Pool* const only = new Pool;
  return *only;
}

}  // namespace

GuardedBuffer::GuardedBuffer(std::size_t bytes, End end, std::size_t alignment, std::size_t offset)
    : size_(bytes) {
  const std::size_t page = page_size();
  const std::size_t spare = end == End::First ? offset : -bytes & (alignment - 1);
  block_ = pool().take(std::max<std::size_t>(1, (bytes + spare + page - 1) / page));
  data_ = end == End::First ? block_->usable + offset
                            : block_->usable + block_->usable_size - bytes - spare;
}

GuardedBuffer::GuardedBuffer(GuardedBuffer&& other) noexcept { *this = std::move(other); }

GuardedBuffer& GuardedBuffer::operator=(GuardedBuffer&& other) noexcept {
  std::swap(block_, other.block_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(read_only_, other.read_only_);
  return *this;
}

GuardedBuffer::~GuardedBuffer() {
  if (block_ == nullptr) return;
  set_read_only(false);
  pool().give_back(block_);
}

void GuardedBuffer::fill(std::byte pattern) {
  std::memset(block_->usable, static_cast<int>(pattern), block_->usable_size);
}

void GuardedBuffer::set_read_only(bool read_only) {
  if (read_only == read_only_) return;
  read_only_ = read_only;
  mprotect(block_->usable, block_->usable_size, read_only ? PROT_READ : PROT_READ | PROT_WRITE);
}

std::optional<Touch> GuardedBuffer::guard_touch() const {
  const auto base = reinterpret_cast<std::uintptr_t>(data_);
  for (const Access access : {Access::Write, Access::Unknown, Access::Read}) {
    const std::uintptr_t at = block_->outside[static_cast<std::size_t>(access)];
    if (at != 0) return Touch{access, static_cast<std::int64_t>(at - base)};
  }
  return std::nullopt;
}

std::optional<Touch> GuardedBuffer::band_touch(std::byte pattern) const {
  const std::byte* const end = block_->usable + block_->usable_size;
  const std::span<const std::byte> before(block_->usable, data_), after(data_ + size_, end);
  for (const auto& band : {before, after}) {
    const std::size_t at = first_other(band, pattern);
    if (at < band.size()) return Touch{Access::Write, band.data() + at - data_, band[at]};
  }
  return std::nullopt;
}

std::optional<Touch> GuardedBuffer::forbidden_write() const {
  const std::uintptr_t at = block_->written;
  if (at == 0) return std::nullopt;
  return Touch{Access::Write,
               static_cast<std::int64_t>(at - reinterpret_cast<std::uintptr_t>(data_))};
}

std::size_t first_other(std::span<const std::byte> bytes, std::byte pattern) {
  // Equal to itself moved by one: all alike.
  if (!bytes.empty() && bytes[0] == pattern &&
      std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0) {
    return bytes.size();
  }
  const auto other = [pattern](std::byte byte) { return byte != pattern; };
  return static_cast<std::size_t>(std::find_if(bytes.begin(), bytes.end(), other) - bytes.begin());
}

}  // namespace convcheck
