// Memory whose every neighbour is watched, from a pool.
//
// A buffer lies on usable pages between two guards of pages that nobody may touch. One of its ends
// is exactly at a guard; between its other end and the other guard there may be a band of spare
// bytes, less than a page, which holds a pattern and is compared afterwards. So a touch just
// outside one end is always seen, read or write, and a write just outside the other end too. A size
// that is a multiple of the page has both ends at guards.
//
// Thread-safe: buffers may be had and given back by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "checker/buffers/faults.h"

namespace convcheck {

// The end of a buffer that lies at a guard.
enum class End { First, Last };

// A byte, seen from the buffer: 0 is its first, size() the first one behind it, -1 the last one
// before it.
struct Touch {
  Access access = Access::Write;
  std::int64_t offset = 0;
  std::optional<std::byte> got = {};  // where a pattern was changed
};

class GuardedBuffer {
 public:
  GuardedBuffer() = default;
  // `bytes` may be 0. With End::Last the first byte is aligned to `alignment`, a power of two of at
  // most a page, which leaves bytes behind the end when it does not divide the size; with
  // End::First it is `offset` bytes, at most a page, behind the guard. Throws ConvError{Memory}.
  GuardedBuffer(std::size_t bytes, End end, std::size_t alignment, std::size_t offset = 0);
  GuardedBuffer(GuardedBuffer&& other) noexcept;
  GuardedBuffer& operator=(GuardedBuffer&& other) noexcept;
  ~GuardedBuffer();

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::span<std::byte> bytes() const { return {data_, size_}; }

  // Fills the buffer and its bands.
  void fill(std::byte pattern);
  // While true, a write to the buffer is noted, and happens.
  void set_read_only(bool read_only);

  // The first touch of a guard, a write before a read.
  std::optional<Touch> guard_touch() const;
  // The first byte of the bands that no longer holds the pattern.
  std::optional<Touch> band_touch(std::byte pattern) const;
  // Where the buffer was first written while it was read-only.
  std::optional<Touch> forbidden_write() const;

  struct Block;

 private:
  Block* block_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  bool read_only_ = false;
};

// The first byte that is not `pattern`, or the number of bytes.
std::size_t first_other(std::span<const std::byte> bytes, std::byte pattern);

}  // namespace convcheck
