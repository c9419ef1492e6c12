// Filters in the order in which the kernels read them.
#pragma once

#include <cstdint>

#include "fast/cpu/direct/forward.h"

namespace convcheck::cpu::direct {

// The filters of a stage are packed in so many pieces.
std::int64_t packing_tasks(const Stage& stage);

// Packs a piece: for every panel of outputs, row after row the numbers of all its outputs, widened.
void pack_filters(const Stage& stage, std::int64_t index, DataType type, const void* weights,
                  void* packed);

// The same for some outputs of a group and one block of channels alone.
struct FilterBlock {
  std::int64_t group = 0;
  Range outs, rows;
};
void pack_block(const Stage& stage, const FilterBlock& block, DataType type, const void* weights,
                void* packed);

}  // namespace convcheck::cpu::direct
