// What a call of gpu_direct puts into its stream; on the host, without CUDA.
#pragma once

#include <cstddef>

#include "fast/cuda/last_copy.h"
#include "fast/cuda/make_plan.h"

namespace convcheck::gpu {

// Copies first, then the products of `operands`, some of which may be those copies. The workspace
// holds the copies, and behind them the partial sums.
struct DirectCall {
  LastCopies copies;
  Operands operands;
  Plan plan;
  std::size_t copied_bytes = 0;
};

// Of a valid problem and operands that fit it. Its plan, and what is copied, depend on the problem
// and on the operands' types and strides alone, but for eights: those need data at multiples of 16
// bytes. Without a workspace copies have no place, and the size of one can be asked.
DirectCall make_direct_call(const ConvProblem& problem, const Operands& operands,
                            const PlanOptions& options = {}, std::byte* workspace = nullptr);

std::size_t workspace_bytes(const DirectCall& call, DataType type);

}  // namespace convcheck::gpu
