// What kernels of the checker do, one item of a grid at a time: each work is a function of the
// item's number, with index arithmetic of its own. A device runs the items in any order; on the
// host a loop over them is the same computation, which is how it is tested without a device.
//
// All pointers are to memory of the one that runs the work.
#pragma once

#include <cmath>
#include <cstdint>
#include <type_traits>

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

// One axis of an operand whose channels are split into groups and channels of a group, as PlaneAxis
// in checker/projection/planes.h.
struct ProjectedAxis {
  std::int64_t extent = 1, stride = 0;
  std::int64_t to = 0;  // elements in the plane; 0 where the axis is summed away
};

// Projects an operand: an item for each place of the plane, which sums the elements that have it,
// each times the multipliers of its two summed coordinates. T is std::uint64_t (mod 2^64) or
// double.
template <class T>
struct ProjectionWork {
  const void* data = nullptr;
  DataType type = DataType::F32;
  int kept = 0;
  ProjectedAxis axes[kMostAxes + 1] = {};  // the kept ones
  ProjectedAxis summed[2] = {};            // of extent 1 where the operand has not got the letter
  // The multipliers of a letter are the random numbers that follow this state, as
  // checker/projection/random.h draws them: signs with T double, otherwise odd numbers.
  std::uint64_t states[2] = {};
  bool has_letter[2] = {};  // false: no multipliers
  T* plane = nullptr;
  // With T double the sums of the squares of the elements; null: they are not wanted.
  double* squares = nullptr;
  // With T std::uint64_t whether every element is an integer of at most `limit` <= 2^53 in
  // magnitude. One that is not counts as 0.
  unsigned char* good = nullptr;
  double limit = 0;

  CONVCHECK_HOST_DEVICE std::int64_t first_element(std::int64_t place) const {
    std::int64_t at = 0;
    for (int axis = 0; axis < kept; ++axis) {
      at += place / axes[axis].to % axes[axis].extent * axes[axis].stride;
    }
    return at;
  }

  CONVCHECK_HOST_DEVICE T multiplier(int letter, std::int64_t index) const {
    if (!has_letter[letter]) return T(1);
    const std::uint64_t random = bits_of(states[letter], index + 1);
    if constexpr (std::is_same_v<T, double>) {
      return random >> 63 ? -1.0 : 1.0;
    } else {
      return random | 1;
    }
  }

  CONVCHECK_HOST_DEVICE static bool is_integer(double value, double limit) {
    return fabs(value) <= limit && rint(value) == value;
  }

  CONVCHECK_HOST_DEVICE void operator()(std::int64_t place) const {
    const std::int64_t first = first_element(place);
    T sum = 0;
    double of_squares = 0;
    bool all = true;
    for (std::int64_t a = 0; a < summed[0].extent; ++a) {
      T inner = 0;
      for (std::int64_t b = 0; b < summed[1].extent; ++b) {
        const double value =
            number_at(type, data, first + a * summed[0].stride + b * summed[1].stride);
        if constexpr (std::is_same_v<T, double>) {
          inner += multiplier(1, b) * value;
          of_squares += value * value;
        } else {
          const bool one = is_integer(value, limit);
          all = all && one;
          inner += multiplier(1, b) * static_cast<T>(static_cast<std::int64_t>(one ? value : 0));
        }
      }
      sum += multiplier(0, a) * inner;
    }
    plane[place] = sum;
    if (squares != nullptr) squares[place] = of_squares;
    if (good != nullptr) good[place] = all ? 1 : 0;
  }
};

}  // namespace convcheck::device
