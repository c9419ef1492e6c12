// Runs a kernel's own code on the host: blocks one after another, their threads in turn from
// barrier to barrier. Their orders change from launch to launch and from barrier to barrier, so
// that a barrier that is missing shows as a wrong result. No part of two blocks runs at once.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <functional>

namespace convcheck::stand_in {

// Where a thread is.
struct Place {
  uint3 thread, block;
  dim3 threads, blocks;
};

// The place of the thread that runs now.
extern constinit thread_local Place place;

// Dynamic shared memory: as much as a Hopper device gives to a block.
inline constexpr std::size_t kSharedBytes = 227 * 1024;

// Where the dynamic shared memory of the calling thread's block is, and how much of it a launch
// has.
struct Shared {
  unsigned char* (*memory)() = nullptr;
  std::size_t bytes = 0;
};

// Runs `thread` once for each of them. Dies with a message on threads that wait for ever.
void run_grid(dim3 blocks, dim3 threads, const Shared& shared, const std::function<void()>& thread);

// __syncthreads and __syncwarp, of the thread that runs now.
void wait_for_block();
void wait_for_warp();

// Ends the process: a program that does this is wrong.
[[noreturn]] void die(const char* why);

}  // namespace convcheck::stand_in
