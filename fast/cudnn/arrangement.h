// A call in the form in which cuDNN is asked for it, and the copies that lead there; on the host,
// without CUDA.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "fast/cuda/box_copy.h"
#include "reference/backend.h"

namespace convcheck::cudnn {

// What is copied into memory of our own first (the result: from there, afterwards).
enum class Copies {
  Needed,  // an input whose pads are not the same on both sides
  All,     // all operands, row-major, filters reversed so that cuDNN cross-correlates
  Padded,  // and all pads are zeros in the copy of the input
};

inline constexpr Copies kAllCopies[] = {Copies::Needed, Copies::All, Copies::Padded};

// An operand as cuDNN sees it.
struct Passed {
  Shape extents;
  Strides strides;
  // Between the operand and its copy, which lies at `place` in the workspace.
  std::optional<gpu::BoxCopy> copy;
  std::size_t place = 0;
};

// A problem of 2 or 3 axes with the same pads on both sides; filters of one tap are not flipped.
struct Arrangement {
  ConvProblem problem;
  Passed x, w, y;
  std::size_t copied_bytes = 0;  // of the workspace
};

// Of a valid problem with shared filters and no empty operand.
Arrangement arrange(const ConvProblem& problem, const Operands& operands, Copies copies);

}  // namespace convcheck::cudnn
