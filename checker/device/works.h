// What kernels of the checker do, one item of a grid at a time: each work is a function of the
// item's number, with index arithmetic of its own. A device runs the items in any order; on the
// host a loop over them is the same computation, which is how it is tested without a device.
//
// All pointers are to memory of the one that runs the work.
#pragma once

#include <cmath>
#include <cstdint>

#include "checker/device/number.h"
#include "checker/operand_fill.h"
#include "reference/data_type.h"
#include "reference/host_device.h"

namespace convcheck::device {

inline constexpr int kMostAxes = 8;

// A TensorView in plain numbers.
struct View {
  void* data = nullptr;
  DataType type = DataType::F32;
  int rank = 0;
  std::int64_t extents[kMostAxes] = {}, strides[kMostAxes] = {};

  // Where the element with that row-major number lies, in elements from `data`.
  CONVCHECK_HOST_DEVICE std::int64_t place(std::int64_t number) const {
    std::int64_t at = 0;
    for (int axis = rank; axis-- > 0; number /= extents[axis]) {
      at += number % extents[axis] * strides[axis];
    }
    return at;
  }
};

// Writes a fill: an item for each element.
struct FillWork {
  OperandFill values;
  View to;

  CONVCHECK_HOST_DEVICE void operator()(std::int64_t element) const {
    double value = values.unrounded(element);
    if (values.kind == OperandFill::Kind::Real && element != values.hot) {
      value = rounded_to(values.type, value);
    }
    set_number(to.type, to.data, to.place(element), value);
  }
};

// Looks for bytes that are not what they should be: an item for each kBlock of them, which writes
// how many of its bytes come before the first other one.
struct CanaryWork {
  static constexpr std::int64_t kBlock = 1024;

  const unsigned char* bytes = nullptr;
  std::int64_t count = 0;
  unsigned char expected = 0;
  std::int64_t* alike = nullptr;

  CONVCHECK_HOST_DEVICE void operator()(std::int64_t block) const {
    const std::int64_t first = block * kBlock;
    const std::int64_t last = first + kBlock < count ? first + kBlock : count;
    std::int64_t at = first;
    while (at < last && bytes[at] == expected) ++at;
    alike[block] = at - first;
  }
};

}  // namespace convcheck::device
