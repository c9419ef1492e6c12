// The stand-in's device memory: pages that nobody can touch but while work of a stream is done.
#pragma once

#include <cstddef>

namespace convcheck::stand_in {

inline constexpr std::size_t kDeviceBytes = std::size_t{4} << 30;

// At a multiple of 256 bytes, full of NaNs of every type, with pages that belong to nobody on both
// sides; nullptr where there is no room. No two pieces ever have the same place.
std::byte* allocate(std::size_t bytes);
// False: there is no such piece.
bool release(std::byte* memory);
// Whether the bytes lie in one piece.
bool is_on_device(const void* first, std::size_t bytes);
// Whether any piece has the place, or had.
bool was_on_device(const void* at);
std::size_t bytes_in_use();

// While one lives, device memory can be touched. For one thread at a time.
class Opened {
 public:
  Opened();
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened();
};

}  // namespace convcheck::stand_in
