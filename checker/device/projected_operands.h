// How a device reads what it projects: operands as blocks of its threads want them. Internal to
// planes.cpp.
#pragma once

#include <array>
#include <cstdint>

#include "checker/device/projection_work.h"
#include "checker/projection/planes.h"
#include "reference/tensor.h"

namespace convcheck::device {

// `states` are those before the multipliers of the two letters. Where the sums go, and by which
// blocks, is not set.
template <class T>
ProjectedOperand<T> projected(const TensorView& view, const projection::PlaneMap& map,
                              const std::array<std::uint64_t, 2>& states, double limit);

// Sums of `rows` numbers that are `row_step` from one another, for `places` places that are
// `place_step` from one another.
template <class T>
ProjectedOperand<T> sums_of(const T* numbers, std::int64_t places, std::int64_t place_step,
                            std::int64_t rows, std::int64_t row_step);

// Blocks for an operand whose places have one block each: as wide as memory likes, but enough of
// them to fill a device.
template <class T>
void spread(ProjectedOperand<T>& operand);
// Blocks for one with few places of many rows, among which the rows are divided.
template <class T>
void share_rows(ProjectedOperand<T>& operand);
// Blocks for few numbers, which nobody should wait for.
template <class T>
void hurry(ProjectedOperand<T>& operand);

}  // namespace convcheck::device
