// Random cases beyond the grids: what nobody thought of writing down.
#pragma once

#include <cstdint>
#include <vector>

#include "reference/case.h"

namespace convcheck {

// No case costs more than this: flops of the definition's loops, and bytes of the operands.
inline constexpr double kRandomFlops = 5e7;
inline constexpr std::int64_t kRandomBytes = std::int64_t{32} << 20;

// `count` single convolutions, no two of the same but for their seed. Every direction, rank, type
// (sometimes three different ones), fill and layout; extents that are small, prime or a power of
// two and one more or less; channels and filters from 1 to 70, in one group, some or as many as
// channels; a batch about 65536 with planes of a few elements; one axis of up to a hundred
// thousand; borders of every kind, often on one side alone; strides up to more than the dilated
// filter; dilations up to 4; flipped or not, and sometimes unshared. A function of the seed: a
// longer list begins with the shorter one.
std::vector<Case> random_cases(std::int64_t count, std::uint64_t seed);

}  // namespace convcheck
