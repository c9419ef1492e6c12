// Copies into shared memory that go on while a thread does, by the names of CUDA's header: here as
// late as a device may make them, when the thread waits for them. One that nobody waits for never
// arrives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <vector>

#include "tests/gpu/stand_in/kernels.h"

namespace convcheck::stand_in {

struct PipelineCopy {
  void* to;
  const void* from;
  std::size_t bytes, zeros;
};
// Of a thread: groups of copies in their order, the last one not yet committed.
using Pipeline = std::deque<std::vector<PipelineCopy>>;

inline Pipeline& own_pipeline() {
  static thread_local std::vector<Pipeline> all(1024, Pipeline(1));
  return all[place.thread.x +
             place.threads.x * (place.thread.y + place.threads.y * place.thread.z)];
}

}  // namespace convcheck::stand_in

// The last bytes are so many zeros instead.
inline void __pipeline_memcpy_async(void* to, const void* from, std::size_t bytes,
                                    std::size_t zeros = 0) {
  for (const void* place : {static_cast<const void*>(to), from}) {
    if (reinterpret_cast<std::uintptr_t>(place) % bytes != 0) {
      convcheck::stand_in::die("a copy into shared memory is not at a multiple of its size");
    }
  }
  convcheck::stand_in::own_pipeline().back().push_back({to, from, bytes, zeros});
}
inline void __pipeline_commit() { convcheck::stand_in::own_pipeline().emplace_back(); }
inline void __pipeline_wait_prior(std::size_t groups) {
  auto& own = convcheck::stand_in::own_pipeline();
  for (; own.size() > groups + 1; own.pop_front()) {
    for (const auto& copy : own.front()) {
      const std::size_t read = copy.bytes - copy.zeros;
      std::memcpy(copy.to, copy.from, read);
      std::memset(static_cast<char*>(copy.to) + read, 0, copy.zeros);
    }
  }
}
