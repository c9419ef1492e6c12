// A call as gpu_corrmm's kernels see it, and how it is divided; on the host, without CUDA.
#pragma once

#include <cstddef>
#include <span>

#include "fast/cuda/lowered.h"
#include "reference/backend.h"

namespace convcheck::gpu {

// Of a valid problem with no empty operand; all images.
Lowered lowered_of(const ConvProblem& problem, const Operands& operands);

// The same with some of the images.
Lowered with_images(Lowered of, std::int64_t first, std::int64_t count);

// Where a call's matrices are in its workspace, in bytes: what is read in the operands' type, what
// is computed in the accumulator's. Each begins at a multiple of 256. Behind them is cuBLAS's own
// workspace.
struct LoweredMemory {
  std::int64_t images = 0;  // so many are lowered at a time, the last time perhaps fewer
  std::size_t x = 0, w = 0, y = 0, scratch = 0, bytes = 0;

  // Of a workspace at any multiple of 64 bytes: the largest part of cuBLAS's that begins at a
  // multiple of 256, as it wants it.
  std::span<std::byte> scratch_in(std::byte* workspace) const;
};

// As many images as fit with their matrices into the limit, but always one.
LoweredMemory memory_of(const Lowered& of, DataType type, std::size_t limit);

}  // namespace convcheck::gpu
