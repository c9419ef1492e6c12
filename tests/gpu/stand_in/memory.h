// The stand-in's device memory: nobody can touch it but while work of a stream is done.
//
// CONVCHECK_STAND_IN_STAYS_OPEN=1: once it was open it stays so, which is faster.
#pragma once

#include <cstddef>

namespace convcheck::stand_in {

inline constexpr std::size_t kDeviceBytes = std::size_t{8} << 30;

// At a multiple of 256 bytes, full of NaNs of every type; nullptr where there is no room. On both
// sides there is memory that belongs to nobody: who writes there ends the process sooner or later,
// and under AddressSanitizer at once, who reads there has NaNs.
std::byte* allocate(std::size_t bytes);
// False: there is no such piece.
bool release(std::byte* memory);
// Whether the bytes lie in one piece of it.
bool is_on_device(const void* first, std::size_t bytes);
// Whether it is device memory, of a piece or not.
bool is_of_device(const void* at);
std::size_t bytes_in_use();

// While one lives, device memory can be touched.
class Opened {
 public:
  Opened();
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened();
};

}  // namespace convcheck::stand_in
