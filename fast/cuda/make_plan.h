// A call as gpu_direct's kernels see it; on the host, without CUDA.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fast/cuda/plan.h"
#include "reference/backend.h"

namespace convcheck::gpu {

// Of a valid problem and operands that fit it.
Convolution convolution_of(const ConvProblem& problem, const Operands& operands);

struct PlanOptions {
  bool tf32 = false;          // f32 by matrix units
  std::int64_t blocks = 264;  // split sums to have so many: two per SM of an H200
  std::size_t workspace_limit = std::size_t{256} << 20;  // of partial sums and copies
  std::int64_t least_depth = 16;                         // of a split, in tiles
  bool by_bits = true;                                   // where it can be
  Tile tile = {};  // for tests on the host; usually the kernel's
};

// Extents of the largest product: every piece of an axis has at most these.
struct LargestProduct {
  std::int64_t m = 0, n = 0, k = 0, taps = 0;
};
LargestProduct largest_product(const Convolution& conv);

// Whether eight channels (or filters) that are summed, from a multiple of eight, lie beside one
// another in A and in B, at multiples of eight elements of the operand.
struct InEights {
  bool a = false, b = false;
};
InEights in_eights(const Convolution& conv);

Tile tile_for(DataType type, const LargestProduct& most, const PlanOptions& options);

// The kernel, tiles and splits for operands of one type. Depends on the call alone.
Plan make_plan(const ConvProblem& problem, const Operands& operands,
               const PlanOptions& options = {});

}  // namespace convcheck::gpu
